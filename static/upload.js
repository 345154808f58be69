// Photos go one after another, each with its progress. Without this the form sends them all at once.
(() => {
  const send = (form, address, file, progress) => new Promise((done) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    body.append("image", file);
    request.upload.addEventListener("progress", (event) => progress(event.loaded / (event.total || 1)));
    request.addEventListener("loadend", () => done(request.responseURL));
    request.open("POST", address);
    request.send(body);
  });

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-upload]");
    const files = [...(form?.querySelectorAll("input[type=file]") ?? [])].flatMap((field) => [...field.files]);
    if (!files.length) return;
    event.preventDefault();
    if (form.hasAttribute("aria-busy")) return; // a second click while the first is under way
    form.setAttribute("aria-busy", "true");
    const bar = form.querySelector("progress");
    const say = document.querySelector("[data-say]");
    bar.hidden = false;
    // The first photo may make the product: where its answer leads, the others follow.
    let address = form.action;
    let leads = "";
    for (const [at, file] of files.entries()) {
      say.textContent = `Sending ${file.name}, ${at + 1} of ${files.length}.`;
      leads = await send(form, address, file, (part) => { bar.value = (100 * (at + part)) / files.length; });
      if (form.dataset.upload === "start" && leads) {
        if (new URL(leads).pathname === location.pathname) break; // refused: the page says why
        address = `${leads}/views`;
      }
    }
    if (leads && new URL(leads).pathname !== location.pathname) location.assign(leads);
    else location.reload();
  });
})();
