// Opens the dialog of ReconnectModal.razor when the circuit is lost, serves its buttons, and brings the page back by itself: everything that
// it needs is in the address and in this browser, so a new page is as good as the old one.

const dialog = document.getElementById("components-reconnect-modal");
const pause = 3000;

let knocking = 0;

dialog.addEventListener("components-reconnect-state-changed", ({ detail: { state } }) => {
  stop();
  switch (state) {
    case "show":
      open();
      break;
    case "paused":
      open();
      wake();
      break;
    case "hide":
      dialog.close();
      break;
    case "failed":
      knocking = setTimeout(knock, pause);
      break;
    case "resume-failed":
    case "rejected":
      // The server is there but knows the circuit no more. The address and this browser hold everything.
      location.reload();
      break;
  }
});

document.getElementById("reconnect-retry").addEventListener("click", retry);
document.getElementById("reconnect-reload").addEventListener("click", () => location.reload());
document.getElementById("reconnect-resume").addEventListener("click", resume);

// A laptop that wakes up, and a tab that is looked at again, do not wait for the next turn.
document.addEventListener("visibilitychange", wake);
addEventListener("online", wake);

function open() {
  if (!dialog.open) {
    dialog.showModal();
  }
}

function stop() {
  clearTimeout(knocking);
  knocking = 0;
}

function wake() {
  if (document.visibilityState !== "visible" || !dialog.open) {
    return;
  }
  if (dialog.classList.contains("components-reconnect-paused")) {
    resume();
  } else if (knocking) {
    knock();
  }
}

// Blazor has given up. The server is asked now and then whether it is there again; a page that nobody looks at waits until it is.
async function knock() {
  stop();
  try {
    if (document.visibilityState === "visible" && (await fetch("healthz", { cache: "no-store" })).ok) {
      await retry();
      return;
    }
  } catch {
    // Not yet.
  }
  knocking = setTimeout(knock, pause);
}

async function resume() {
  try {
    if (await Blazor.resumeCircuit()) {
      dialog.close();
    } else {
      location.reload();
    }
  } catch {
    location.reload();
  }
}

async function retry() {
  stop();
  try {
    // False: the server was reached and refused. An exception: it wasn't reached, and the dialog stays as it is.
    if (await Blazor.reconnect() || await Blazor.resumeCircuit()) {
      dialog.close();
    } else {
      location.reload();
    }
  } catch {
    knocking = setTimeout(knock, pause);
  }
}
