// The assistant's panel: Enter asks, what was asked shows at once, the newest answer in view.
(() => {
  const asking = (event) => event.target.closest?.("form[data-ask]") ?? null;
  const say = (text) => {
    const out = document.querySelector("[data-say]");
    if (out) out.textContent = text;
  };
  const toEnd = () => {
    const talk = document.querySelector("#chat .talk");
    const last = talk?.querySelector(".turns > li:last-child");
    if (last) talk.scrollTop += last.getBoundingClientRect().top - talk.getBoundingClientRect().top;
  };

  document.addEventListener("keydown", (event) => {
    const form = asking(event);
    // An Enter that ends a composed word, as in Chinese, belongs to the word.
    if (!form || event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    if (event.target.name !== "question") return;
    event.preventDefault();
    form.requestSubmit();
  });

  document.addEventListener("htmx:before:request", (event) => {
    const form = asking(event);
    if (!form) return;
    const chat = form.closest("#chat");
    const asked = event.detail.ctx.request.submitter?.name === "suggested"
      ? event.detail.ctx.request.submitter.value : form.elements.question.value;
    const line = document.createElement("li");
    const words = document.createElement("p");
    const busy = document.createElement("progress");
    words.className = "question";
    words.textContent = asked.trim();
    busy.ariaLabel = "Being answered";
    line.append(words, busy);
    chat.querySelector(".turns").append(line);
    chat.ariaBusy = "true";
    say("Asked. The answer is on its way.");
    toEnd();
  });
  document.addEventListener("htmx:finally:request", (event) => {
    const chat = document.getElementById("chat");
    if (!chat || !event.target.closest?.("#chat, [data-chat]")) return;
    chat.removeAttribute("aria-busy");
    toEnd();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest?.("a[href='#assistant']")) document.getElementById("assistant").open = true;
  });

  document.addEventListener("change", (event) => {
    const form = asking(event);
    const price = event.target.selectedOptions?.[0]?.dataset.price;
    if (form && price) form.querySelector(".btn.main .price").textContent = price;
  });
  toEnd();
})();
