// Keeps the workspace, or the list of videos, up to date: by events.js, else by polling.
(() => {
  const POLL_MS = 3000;
  let waiting = null;
  let poll = null;

  const shown = () => document.querySelector("#bench, #videos");
  const refresh = () => {
    const on = shown();
    if (!on || document.hidden) return;
    // The answer to what was just sent shows more than this look would, and comes before it.
    if (on.querySelector(".htmx-request")) return soon();
    htmx.ajax("GET", on.dataset.live, { target: `#${on.id}`, swap: "outerMorph" });
  };
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 150);
  };
  const pollWhileBusy = () => {
    if (poll) return;
    poll = setInterval(() => { if (shown()?.hasAttribute("data-busy")) refresh(); }, POLL_MS);
  };
  const stopPolling = () => {
    clearInterval(poll);
    poll = null;
  };

  // What a step lacks stays through other updates. The next step that is started takes it away, and
  // so does what it asks for, when it is there.
  const letGo = (isOver = () => true) => {
    const over = [...document.querySelectorAll(".at-step[hx-morph-skip]")].filter(isOver);
    for (const kept of over) kept.removeAttribute("hx-morph-skip");
    return over.length > 0;
  };
  document.addEventListener("htmx:config:request", ({ target }) => {
    if (target.closest(".rail")) letGo();
  });
  document.addEventListener("live:credits.changed", ({ detail: { available } }) => {
    const reaches = (at) => Number(available) >= Number(at.querySelector("[data-needs]").dataset.needs);
    if (letGo(reaches)) soon();
  });

  // What is being typed stays, whatever answer comes meanwhile.
  const typed = ({ target }) => (target.matches?.("#bench .inplace") ? target : null);
  document.addEventListener("input", (event) => typed(event)?.setAttribute("hx-morph-skip", ""));
  document.addEventListener("focusout", (event) => typed(event)?.removeAttribute("hx-morph-skip"));

  // A field is sent with its form, whose other values may be older than what another tab typed: of
  // them only those go along that were changed here and not kept yet.
  document.addEventListener("htmx:config:request", (event) => {
    const field = typed(event);
    if (!field) return;
    const { body } = event.detail.ctx.request;
    const all = [...field.form.elements].filter((one) => one.matches(".inplace"));
    for (const one of all) body.delete(one.name);
    const changed = all.filter((one) => one === field || one.value !== one.defaultValue);
    for (const one of changed) body.set(one.name, one.value);
  });

  // What is typed or sent in one tab is seen in the browser's others.
  const tabs = new BroadcastChannel("techpack");
  const tellTabs = () => tabs.postMessage(shown()?.dataset.product);
  tabs.addEventListener("message", ({ data }) => {
    if (data && data === shown()?.dataset.product) soon();
  });
  document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
    if (ctx.request.method === "POST" && ctx.response.status < 400) tellTabs();
  });
  tellTabs(); // a form that is sent without htmx ends in a page anew

  // The markup of a dialog does not say that it is open.
  document.addEventListener("htmx:before:swap", () => {
    for (const dialog of document.querySelectorAll("dialog")) dialog.toggleAttribute("hx-morph-skip", dialog.open);
  });

  // What was chosen before the scripts came, or is put back by the browser, counts as chosen now.
  const isOther = (at) => at.checked !== at.defaultChecked || at.selected !== at.defaultSelected;
  document.addEventListener("htmx:after:init", ({ target }) => {
    if (!target.matches("form[hx-trigger^=change]")) return;
    const choices = target.querySelectorAll("[type=radio], option");
    if ([...choices].some(isOther)) htmx.trigger(target, "change");
  });

  const isMine = (data) => {
    const { kind, product } = shown()?.dataset ?? {};
    return kind ? data?.kind === kind : (data?.productId ?? data?.id) === product;
  };
  for (const type of ["job.updated", "product.updated"]) {
    document.addEventListener(`live:${type}`, ({ detail }) => { if (isMine(detail)) soon(); });
  }
  document.addEventListener("live:subscription.changed", () => { // prices that a plan pays
    letGo();
    soon();
  });
  document.addEventListener("live:open", ({ detail }) => {
    stopPolling();
    // What happened while nobody listened.
    if (detail.isResumed || shown()?.hasAttribute("data-busy")) soon();
  });
  document.addEventListener("live:error", pollWhileBusy);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(); });
})();
