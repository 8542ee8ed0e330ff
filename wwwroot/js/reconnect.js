// Opens the dialog of ReconnectModal.razor when the circuit is lost, and serves its buttons.

const dialog = document.getElementById("components-reconnect-modal");

dialog.addEventListener("components-reconnect-state-changed", ({ detail: { state } }) => {
  document.removeEventListener("visibilitychange", retryWhenSeen);
  switch (state) {
    case "show":
    case "paused":
      if (!dialog.open) {
        dialog.showModal();
      }
      break;
    case "hide":
      dialog.close();
      break;
    case "failed":
      document.addEventListener("visibilitychange", retryWhenSeen);
      break;
    case "rejected":
      // The server is there but knows the circuit no more. The address holds everything.
      location.reload();
      break;
  }
});

document.getElementById("reconnect-retry").addEventListener("click", retry);
document.getElementById("reconnect-reload").addEventListener("click", () => location.reload());
document.getElementById("reconnect-resume").addEventListener("click", async () => {
  try {
    if (!await Blazor.resumeCircuit()) {
      location.reload();
    }
  } catch {
    dialog.classList.replace("components-reconnect-paused", "components-reconnect-resume-failed");
  }
});

async function retry() {
  try {
    // False: the server was reached and refused. An exception: it wasn't reached, and the dialog stays as it is.
    if (await Blazor.reconnect() || await Blazor.resumeCircuit()) {
      dialog.close();
    } else {
      location.reload();
    }
  } catch {
    document.addEventListener("visibilitychange", retryWhenSeen);
  }
}

function retryWhenSeen() {
  if (document.visibilityState === "visible") {
    document.removeEventListener("visibilitychange", retryWhenSeen);
    retry();
  }
}
