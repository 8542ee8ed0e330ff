// Which tab this is: what is being worked on belongs to one. Its name outlives reloading, and the server.

const store = "pcidash.tab";
const patience = 1000;

let mine = null;
let leave = null;

// { id, from }: "from" is the tab that this one is a copy of, as "duplicate tab" makes it; a copy goes its own way.
export function tab() {
  return mine ??= claim();
}

async function claim() {
  let known = null;
  try {
    known = sessionStorage.getItem(store);
  } catch {
    // Storage is switched off: a reload makes another tab of it.
  }
  if (known && await hold(known, patience)) {
    return { id: known, from: null };
  }
  const id = [...crypto.getRandomValues(new Uint8Array(12))].map(b => b.toString(16).padStart(2, "0")).join("");
  await hold(id, 0);
  try {
    sessionStorage.setItem(store, id);
  } catch {
    // As above.
  }
  return { id, from: known };
}

// A name is held while the page is shown. A reloaded page may come a moment before the one that it replaces has gone.
async function hold(id, within) {
  if (!navigator.locks) {
    return true; // Not on this address: a copied tab is then the same tab.
  }
  const deadline = performance.now() + within;
  do {
    const got = await new Promise(done => {
      navigator.locks.request("pcidash.tab." + id, { ifAvailable: true }, lock => {
        done(lock !== null);
        return lock && new Promise(gone => leave = gone);
      }).catch(() => done(true));
    });
    if (got) {
      return true;
    }
    await new Promise(done => setTimeout(done, 50));
  } while (performance.now() < deadline);
  return false;
}

addEventListener("pagehide", () => leave?.());
