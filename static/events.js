// One stream of server-sent events a page, told on inside it as live:TYPE; inbox and balance.
(() => {
  const TYPES = [
    "job.updated", "product.updated", "credits.changed", "notification.created",
    "subscription.changed",
  ];
  const FIRST_PAUSE_MS = 2000;
  const LONGEST_PAUSE_MS = 60000;
  // The last event before the page was made.
  const { after } = document.currentScript.dataset;
  let source = null;
  let isResumed = false;
  let pause = FIRST_PAUSE_MS;
  let again = null;
  let balanceSoon = null;
  let pageSoon = null;

  const tell = (name, detail = null) => {
    document.dispatchEvent(new CustomEvent(`live:${name}`, { detail }));
  };
  const read = (event) => {
    try {
      tell(event.type, JSON.parse(event.data).data);
    } catch { /* not ours to understand: the next one will be */ }
  };
  const open = () => {
    // What the page shows is not told in the inbox as well.
    const shown = document.querySelector("[data-watching]")?.dataset.watching;
    const asked = new URLSearchParams();
    if (shown) asked.set("watching", shown);
    if (after && !isResumed) asked.set("after", after);
    source = new EventSource(`/api/events?${asked}`);
    for (const type of TYPES) source.addEventListener(type, read);
    source.addEventListener("open", () => {
      tell("open", { isResumed });
      pause = FIRST_PAUSE_MS;
      if (isResumed) refreshAll();
      isResumed = true;
    });
    source.addEventListener("error", () => {
      tell("error");
      if (source?.readyState === EventSource.CLOSED) openLater();
    });
  };
  const close = () => {
    clearTimeout(again);
    source?.close();
    source = null;
  };
  // A browser goes on by itself after a lost connection, but not after a refusal.
  const openLater = () => {
    close();
    isResumed = true;
    again = setTimeout(open, pause * (1 + Math.random() / 2));
    pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    refreshBalance(); // who is signed out is led to the sign-in
  };

  const refreshAll = () => {
    refreshInbox();
    refreshBalance();
    refreshPage();
  };

  const refreshInbox = () => {
    const list = document.getElementById("inbox");
    const bell = document.getElementById("bell");
    if (list) htmx.ajax("GET", list.dataset.live, { target: "#inbox", swap: "outerMorph" });
    else if (bell) htmx.ajax("GET", bell.dataset.live, { target: "#bell", swap: "outerMorph" });
  };

  // Several changes at once are one look at the balance.
  const refreshBalance = () => {
    clearTimeout(balanceSoon);
    balanceSoon = setTimeout(() => {
      const shown = document.getElementById("balance");
      if (shown) htmx.ajax("GET", shown.dataset.live, { target: "#balance", swap: "outerMorph" });
    }, 150);
  };

  // A page that shows the plan or what was bought names the events that change it.
  const refreshPage = (type = "") => {
    const main = document.querySelector("main[data-follows]");
    if (!main?.dataset.follows.includes(type)) return;
    clearTimeout(pageSoon);
    pageSoon = setTimeout(() => {
      htmx.ajax("GET", location.href, { target: "#main", select: "#main", swap: "outerMorph" });
    }, 150);
  };

  // What is told floats until it is read or put away, a few at most; #toasts is a live region.
  const float = ({ id, title }) => {
    const shape = document.getElementById("told");
    const toasts = document.getElementById("toasts");
    if (!shape || !toasts) return;
    const told = shape.content.cloneNode(true);
    const link = told.querySelector("[data-title]");
    link.textContent = title;
    link.href += `#told-${id}`;
    toasts.append(told);
    for (const old of [...toasts.children].slice(0, -3)) old.remove();
  };
  document.addEventListener("live:notification.created", ({ detail }) => {
    const out = document.querySelector("[data-say]");
    if (!document.getElementById("inbox")) float(detail);
    else if (out) out.textContent = `New in your inbox: ${detail.title}`;
    refreshInbox();
  });
  for (const type of ["credits.changed", "subscription.changed"]) {
    document.addEventListener(`live:${type}`, () => {
      refreshBalance();
      refreshPage(type);
    });
  }
  // Browsers allow few connections to one host: a page that nobody sees gives its own back.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return close();
    if (source) return;
    clearTimeout(again);
    isResumed = true;
    open();
  });
  if (!document.hidden) open();
})();
