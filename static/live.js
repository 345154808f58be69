// Keeps the workspace up to date: by events.js, and by polling where no events come.
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

  // What a step lacks stays through other updates; the next step that is started takes it away.
  document.addEventListener("htmx:config:request", ({ target }) => {
    if (!target.closest(".rail")) return;
    for (const kept of document.querySelectorAll(".at-step")) kept.removeAttribute("hx-morph-skip");
  });

  const isMine = (data) => (data?.productId ?? data?.id) === bench()?.dataset.product;
  for (const type of ["job.updated", "product.updated"]) {
    document.addEventListener(`live:${type}`, ({ detail }) => { if (isMine(detail)) soon(); });
  }
  document.addEventListener("live:open", () => {
    stopPolling();
    if (bench()?.hasAttribute("data-busy")) soon(); // what ended while nobody listened
  });
  document.addEventListener("live:error", pollWhileBusy);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(); });
})();
