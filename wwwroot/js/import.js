// What is pasted goes to the server by itself: a circuit takes 32 KB, an lspci of a large machine has megabytes.

const most = 8 * 1024 * 1024;

// Answers { address, problems }. What was pasted stays where it is.
export async function send(text, files, to = "import") {
  const form = new FormData();
  let bytes = 0;
  const add = (blob, name) => {
    bytes += blob.size;
    form.append("file", blob, name);
  };
  if (text?.value.trim()) {
    add(new Blob([text.value], { type: "text/plain" }), "what was pasted");
  }
  for (const file of files?.files ?? []) {
    add(file, file.webkitRelativePath || file.name);
  }
  if (bytes === 0) {
    return { address: null, problems: [text ? "Nothing was given: paste the output of lspci -vvv, or choose a file." : "Nothing was given: choose the files of a recording."] };
  }
  if (bytes > most) {
    return { address: null, problems: [`${bytes.toLocaleString("en")} bytes given; at most ${most.toLocaleString("en")} are possible.`] };
  }
  try {
    const answer = await fetch(to, { method: "POST", body: form, headers: { "X-PciDash": "import" } });
    if (answer.ok) {
      return await answer.json();
    }
    return { address: null, problems: [`The server refused it: ${answer.status} ${answer.statusText}.`] };
  } catch {
    return { address: null, problems: ["The server was not reached. What you pasted is still here: try again."] };
  }
}
