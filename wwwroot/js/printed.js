// What is pasted travels as a stream: a message of the page may not be that large.

export function textOf(box) {
  return new TextEncoder().encode(box.value);
}

export async function copyText(text) {
  await navigator.clipboard.writeText(text);
}
