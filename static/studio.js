// The shell: theme, callout links, drop zones, dialogs, copying. Pages read and work without it.
(() => {
  const root = document.documentElement;
  const on = (type, fn) => document.addEventListener(type, fn);
  const say = (text) => {
    const out = document.querySelector("[data-say]");
    if (out) out.textContent = text;
  };

  root.classList.add("js");
  const stored = {
    get theme() { try { return localStorage.getItem("theme"); } catch { return null; } },
    set theme(value) {
      try {
        if (value) localStorage.setItem("theme", value); else localStorage.removeItem("theme");
      } catch { /* private mode: the choice lasts for this page */ }
    },
  };
  if (stored.theme) root.dataset.theme = stored.theme;

  const switchTheme = () => {
    const chosen = root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    root.dataset.theme = stored.theme = chosen === "dark" ? "light" : "dark";
  };

  // One number, one thing: light the balloon on the drawing and its row together.
  const light = (event) => {
    const hit = event.target.closest?.("[data-callout]");
    const show = Boolean(hit) && event.type !== "pointerout" && event.type !== "focusout";
    for (const el of document.querySelectorAll("[data-callout]")) {
      el.classList.toggle("lit", show && el.dataset.callout === hit.dataset.callout);
    }
  };
  for (const type of ["pointerover", "pointerout", "focusin", "focusout"]) on(type, light);

  // Dropped or pasted photos go the way of chosen ones: into the file field, then the form is sent.
  const give = (zone, files) => {
    const field = zone?.querySelector("input[type=file]");
    if (!field || !files?.length) return;
    const taken = new DataTransfer();
    for (const file of [...files].slice(0, field.multiple ? files.length : 1)) taken.items.add(file);
    field.files = taken.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const send = (field) => {
    if (!field.files.length || !field.form || field.form.matches("[data-keeps-photo]")) return;
    const first = field.files[0].name;
    say(field.files.length > 1 ? `Sending ${field.files.length} photos.` : `Sending ${first}.`);
    field.form.requestSubmit();
  };

  for (const type of ["dragover", "dragleave", "drop"]) {
    on(type, (event) => {
      const zone = event.target.closest?.(".drop");
      if (!zone) return;
      event.preventDefault();
      zone.classList.toggle("over", type === "dragover");
      if (type === "drop") give(zone, event.dataTransfer.files);
    });
  }
  on("paste", (event) => {
    if (event.clipboardData.files.length) give(document.querySelector(".drop"), event.clipboardData.files);
  });

  on("change", (event) => {
    const field = event.target;
    if (field.matches(".drop input[type=file]")) send(field);
    if (field.matches("select[name=theme]")) stored.theme = null;
    if (field.matches("[data-sends]")) field.form.requestSubmit();
  });

  // Focus is given once: what is brought up to date later must not take it again.
  on("focusin", (event) => event.target.removeAttribute("autofocus"));

  on("click", (event) => {
    const hit = (selector) => event.target.closest(selector);
    const open = hit("[data-open]");
    const copy = hit("[data-copy]");
    const fills = hit("[data-fills]");
    if (open) document.getElementById(open.dataset.open).showModal();
    if (hit("[data-close]")) hit("dialog").close();
    if (hit("[data-dismiss]")) hit(".note").remove();
    if (copy) navigator.clipboard?.writeText(copy.dataset.copy).then(() => say("Copied."));
    if (fills) {
      const field = document.getElementById(fills.dataset.fills);
      field.value = fills.textContent.trim();
      field.focus();
    }
    if (hit("[data-theme-toggle]")) switchTheme();
    if (hit("[data-print]")) print();
  });
})();
