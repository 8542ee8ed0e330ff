// Keeps a run on the server under a short id. By a request of its own: it may be more than a circuit takes, and is counted by address.

export async function keep(file) {
  try {
    const given = await fetch(file);
    if (!given.ok) {
      throw new Error("The server has forgotten what was to be kept.");
    }
    const body = await given.arrayBuffer();
    const answer = await fetch("api/share", { method: "POST", headers: { "Content-Type": "application/json", "X-PciDash": "1" }, body });
    if (answer.ok) {
      const { address, key } = await answer.json();
      return { address: new URL(address, document.baseURI).href, key, problems: [] };
    }
    const text = await answer.text();
    try {
      return { address: null, key: null, problems: JSON.parse(text).problems };
    } catch {
      return { address: null, key: null, problems: [text.trim() || `The server answered ${answer.status}.`] };
    }
  } catch {
    return { address: null, key: null, problems: ["The server does not answer. Nothing was kept."] };
  }
}

export async function copy(text) {
  await navigator.clipboard.writeText(text);
}
