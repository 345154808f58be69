// Keeps what is on the page up to date: server-sent events, and polling where they fail.
(() => {
  const POLL_MS = 3000;
  let waiting = null;
  let poll = null;

  const bench = () => document.getElementById("bench");
  const refresh = () => {
    const on = bench();
    if (!on || document.hidden) return;
    htmx.ajax("GET", on.dataset.live, { target: "#bench", swap: "outerMorph" });
  };
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 150);
  };
  const pollWhileBusy = () => {
    if (poll) return;
    poll = setInterval(() => { if (bench()?.hasAttribute("data-busy")) refresh(); }, POLL_MS);
  };
  const stopPolling = () => {
    clearInterval(poll);
    poll = null;
  };

  const events = new EventSource("/api/events");
  const mine = (event) => {
    try {
      const { data } = JSON.parse(event.data);
      return (data.productId ?? data.id) === bench()?.dataset.product;
    } catch {
      return false;
    }
  };
  for (const type of ["job.updated", "product.updated"]) {
    events.addEventListener(type, (event) => { if (mine(event)) soon(); });
  }
  events.addEventListener("open", stopPolling);
  events.addEventListener("error", pollWhileBusy);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(); });

  // Several photos go one after another, each with its progress.
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-upload]");
    if (!form) return;
    event.preventDefault();
    const files = [...form.querySelectorAll("input[type=file]")].flatMap((field) => [...field.files]);
    const bar = form.querySelector("progress");
    const say = document.querySelector("[data-say]");
    bar.hidden = false;
    for (const [at, file] of files.entries()) {
      say.textContent = `Sending ${file.name}, ${at + 1} of ${files.length}.`;
      await send(form, file, (part) => { bar.value = (100 * (at + part)) / files.length; });
    }
    location.reload();
  });

  const send = (form, file, progress) => new Promise((done) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
    body.append("image", file);
    request.upload.addEventListener("progress", (event) => progress(event.loaded / (event.total || 1)));
    request.addEventListener("loadend", done);
    request.open("POST", form.action);
    request.send(body);
  });
})();
