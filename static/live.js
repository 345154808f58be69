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
})();
