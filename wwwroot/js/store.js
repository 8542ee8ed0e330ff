// What is kept in this browser and nowhere else. A store is a pair of IndexedDB's own: what there is to say of each entry, and its
// content, so that a list reads no content. A browser that keeps nothing is no fault of the page: every answer may be { problem }.

const database = "pcidash";
const version = 1;
const stores = ["drafts", "library", "recent"];
const patience = 5000;

const contentOf = name => name + ".content";

let opening = null;

function open() {
  if (!opening) {
    opening = new Promise((done, fail) => {
      const request = indexedDB.open(database, version);
      setTimeout(() => fail(new DOMException("it does not answer", "TimeoutError")), patience);
      request.onupgradeneeded = () => {
        for (const name of stores.flatMap(s => [s, contentOf(s)])) {
          if (!request.result.objectStoreNames.contains(name)) {
            request.result.createObjectStore(name);
          }
        }
      };
      request.onerror = () => fail(request.error);
      request.onsuccess = () => {
        const opened = request.result;
        // A later page in another tab cannot change it while it is open here.
        opened.onversionchange = () => {
          opened.close();
          opening = null;
        };
        opened.onclose = () => opening = null;
        done(opened);
      };
    });
    opening.catch(() => opening = null); // The next one tries again.
  }
  return opening;
}

// All or nothing: an entry and its content are written in one transaction. A page that is closed in the middle leaves what was there.
async function within(name, mode, work) {
  try {
    const opened = await open();
    return await new Promise((done, fail) => {
      const transaction = opened.transaction([name, contentOf(name)], mode);
      const answer = {};
      transaction.oncomplete = () => done(answer);
      transaction.onabort = () => fail(transaction.error ?? new DOMException("it was cut off", "AbortError"));
      try {
        work(transaction.objectStore(name), transaction.objectStore(contentOf(name)), answer);
      } catch (error) {
        transaction.abort();
        fail(error);
      }
    });
  } catch (error) {
    return { problem: wordsFor(error) };
  }
}

function wordsFor(error) {
  return error?.name === "QuotaExceededError"
    ? "This browser's storage is full, so nothing was kept. Delete what you need no more, or save a file."
    : `This browser keeps nothing here: ${error?.message || error?.name || error}. A private window or blocked site data may be why; a file can always be saved.`;
}

function streamOf(bytes) {
  return DotNet.createJSStreamReference(bytes);
}

// { entry: { note, at, bytes }, content }, or {} if there is none.
export async function get(name, key) {
  const { problem, entry, content } = await within(name, "readonly", (entries, contents, answer) => {
    entries.get(key).onsuccess = e => answer.entry = e.target.result;
    contents.get(key).onsuccess = e => answer.content = e.target.result;
  });
  return problem || !entry || !content ? { problem } : { entry: { key, ...entry }, content: streamOf(content) };
}

// What came so far of contents that are too large for one message of a page, by a name that the page gives them.
const begun = new Map();

// One more piece of a content that "put" then has under this name.
export function part(id, bytes) {
  begun.set(id, [...(begun.get(id) ?? []), bytes]);
  return {};
}

function joined(id, last) {
  const pieces = [...(begun.get(id) ?? []), last];
  begun.delete(id);
  const whole = new Uint8Array(pieces.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

// "last": the content, or what is left of it after the parts that came under the name "id".
// "most" > 0: of this store's keys that begin with "among", only that many stay, the newest.
export function put(name, key, note, last, most, among, id) {
  const content = joined(id, last);
  return within(name, "readwrite", (entries, contents) => {
    entries.put({ note, at: Date.now(), bytes: content.length }, key);
    contents.put(content, key);
    if (most > 0) {
      trim(entries, contents, key, most, among);
    }
  });
}

function trim(entries, contents, kept, most, among) {
  const found = [];
  entries.openCursor(IDBKeyRange.bound(among, among + "\uffff")).onsuccess = e => {
    const cursor = e.target.result;
    if (cursor) {
      if (cursor.key !== kept) {
        found.push([cursor.value.at, cursor.key]);
      }
      cursor.continue();
      return;
    }
    for (const [, key] of found.sort((a, b) => b[0] - a[0]).slice(most - 1)) {
      entries.delete(key);
      contents.delete(key);
    }
  };
}

// The content stays as it is, so that renaming reads none.
export function note(name, key, words) {
  return within(name, "readwrite", entries => {
    entries.get(key).onsuccess = e => e.target.result && entries.put({ ...e.target.result, note: words }, key);
  });
}

export function remove(name, key) {
  return within(name, "readwrite", (entries, contents) => {
    entries.delete(key);
    contents.delete(key);
  });
}

// The entries without their content, the newest first. As a stream, for many of them are more than one message of a page may be.
export async function list(name) {
  const all = [];
  const { problem } = await within(name, "readonly", entries => {
    entries.openCursor().onsuccess = e => {
      const cursor = e.target.result;
      if (cursor) {
        all.push({ key: cursor.key, ...cursor.value });
        cursor.continue();
      }
    };
  });
  all.sort((a, b) => b.at - a.at);
  return problem ? { problem } : { content: streamOf(new TextEncoder().encode(JSON.stringify(all))) };
}
