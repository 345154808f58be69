// A photo chosen before there is an account waits in this browser, for a day at most, until a
// page with form[data-takes-photo] takes it. Nothing is sent before.
(() => {
  const DAY = 24 * 60 * 60 * 1000;

  const open = () => new Promise((done, fail) => {
    const asked = indexedDB.open("techpack", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("waiting");
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });
  const within = async (mode, work) => {
    const base = await open();
    return new Promise((done, fail) => {
      const change = base.transaction("waiting", mode);
      const asked = work(change.objectStore("waiting"));
      change.oncomplete = () => { base.close(); done(asked.result); };
      change.onabort = () => fail(change.error);
    });
  };
  const keep = (file) => within("readwrite", (store) => store.put({ file, since: Date.now() }, "photo"));
  const look = () => within("readonly", (store) => store.get("photo"));
  const forget = () => within("readwrite", (store) => store.delete("photo"));

  const give = (form, file) => {
    const field = form.querySelector("input[type=file]");
    const taken = new DataTransfer();
    taken.items.add(file);
    field.files = taken.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  };

  document.addEventListener("change", (event) => {
    const form = event.target.closest("[data-keeps-photo]");
    const file = event.target.files?.[0];
    // Where the browser keeps nothing (private mode), sign-up opens all the same.
    if (form && file) keep(file).finally(() => form.submit()).catch(() => {});
  });

  look().then(async (kept) => {
    if (!kept) return;
    if (Date.now() - kept.since > DAY) { await forget(); return; }
    for (const note of document.querySelectorAll("[data-photo-waiting]")) note.hidden = false;
    const form = document.querySelector("form[data-takes-photo]");
    if (!form) return;
    await forget();
    give(form, kept.file);
  }).catch(() => {});
})();
