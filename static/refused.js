// What was sent and not done is said. The page stays: the answer would be a whole other one.
(() => {
  const NO_ANSWER = "No answer came. Try again in a moment.";

  // Not of a look by which the page keeps itself up to date: the next one is better.
  const isAsked = ({ request, sourceElement }) => request.method !== "GET" || sourceElement.matches("a");
  const tell = (words) => {
    const shape = document.getElementById("refused");
    const toasts = document.getElementById("toasts");
    if (!shape || !toasts) return;
    const told = shape.content.cloneNode(true);
    told.querySelector("[data-words]").textContent = words;
    for (const old of toasts.querySelectorAll("[data-refused]")) old.remove();
    toasts.append(told);
  };
  document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
    if (!isAsked(ctx) || ctx.hx.refresh) return; // signed out: the page is loaded again
    const page = new DOMParser().parseFromString(ctx.text, "text/html");
    tell(page.querySelector("main h1")?.textContent ?? NO_ANSWER);
  });
  document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
    if (ctx && isAsked(ctx) && !ctx.response) tell(NO_ANSWER);
  });
})();
