// The assistant's panel: Enter asks, what was asked shows at once, the answer as it is written.
(() => {
  const chat = () => document.getElementById("chat");
  const asking = (event) => {
    const form = event.target.closest?.("#chat form");
    return form?.elements.question ? form : null;
  };
  const isBusy = () => chat()?.ariaBusy === "true";
  const say = (text) => {
    const out = document.querySelector("[data-say]");
    if (out) out.textContent = text;
  };
  // The last question at the top of what is seen, its answer below.
  const toLast = () => {
    const talk = chat()?.querySelector(".talk");
    const last = talk?.querySelector(".turns > li:last-child");
    if (last) talk.scrollTop += last.getBoundingClientRect().top - talk.getBoundingClientRect().top;
  };

  document.addEventListener("keydown", (event) => {
    // An Enter that ends a composed word, as in Chinese, belongs to the word.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    if (event.target.name !== "question" || !asking(event)) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });

  const make = (name, more) => Object.assign(document.createElement(name), more);
  const begin = (form, text) => {
    const line = make("li", { id: "asking" });
    line.append(
      make("p", { className: "question", textContent: text }),
      make("div", { className: "answer", id: "growing" }),
      make("progress", { ariaLabel: "Being answered" }),
    );
    chat().querySelector(".turns").append(line);
    chat().ariaBusy = chat().querySelector(".talk").ariaBusy = "true"; // read out when it is whole
    form.elements.question.readOnly = true;
    say("Asked. The answer is on its way.");
    toLast();
  };
  const end = () => {
    document.getElementById("asking")?.remove();
    chat().ariaBusy = chat().querySelector(".talk").ariaBusy = null;
    for (const field of chat().querySelectorAll("[name=question]")) field.readOnly = false;
  };

  let isStreaming = false;
  document.addEventListener("htmx:config:request", (event) => {
    if (asking(event) && isBusy()) event.preventDefault();
  });
  document.addEventListener("htmx:before:request", (event) => {
    const form = asking(event);
    if (!form) return;
    isStreaming = false;
    const { submitter } = event.detail.ctx.request;
    begin(form, (submitter?.name === "suggested" ? submitter : form.elements.question).value.trim());
  });
  document.addEventListener("htmx:before:sse:connection", () => { isStreaming = true; });
  // The panel that comes at last is not busy: what still is was cut off before it.
  document.addEventListener("htmx:finally:request", (event) => {
    if (!asking(event) || isStreaming || !isBusy()) return;
    end();
    say("This could not be sent.");
  });
  document.addEventListener("htmx:sse:close", (event) => {
    if (!asking(event) || !isBusy()) return;
    end();
    htmx.ajax("GET", event.target.action, { target: "#chat", swap: "outerMorph" });
  });
  document.addEventListener("htmx:after:settle", (event) => {
    if (event.target.matches?.("#chat, [data-chat] > *")) toLast();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest?.("a[href='#assistant']")) document.getElementById("assistant").open = true;
  });
  document.addEventListener("change", (event) => {
    const price = event.target.selectedOptions?.[0]?.dataset.price;
    if (price && asking(event)) event.target.form.querySelector(".btn.main .price").textContent = price;
  });
  toLast();
})();
