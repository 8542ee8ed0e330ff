using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Scenarios.Building;

namespace PciDash.Web.Building;

/// <summary>A machine on the workbench: its history, what is selected and folded, and what was said last.</summary>
public sealed class BuildSession
{
    private readonly HashSet<Bdf> folded = [];
    private TreeView? view;
    private IReadOnlyList<MachineProblem>? problems;

    /// <summary>A machine as it was opened.</summary>
    public BuildSession(Scenario scenario) => History = new(new MachineDraft(scenario));

    /// <summary>A machine with what was done to it before.</summary>
    public BuildSession(EditHistory<MachineDraft> history)
    {
        History = history;
        Select(history?.Now.Selected);
    }

    /// <summary>What was done.</summary>
    public EditHistory<MachineDraft> History { get; private set; }

    /// <summary>The machine.</summary>
    public Scenario Scenario => History.Now.Scenario;

    /// <summary>The selected function; null = the root bus.</summary>
    public Bdf? Selected { get; private set; }

    /// <summary>What happened last, for the live region.</summary>
    public string Says { get; private set; } = "";

    /// <summary>True if what was said last is a refusal.</summary>
    public bool Refused { get; private set; }

    /// <summary>Whether every property of the selected device is shown.</summary>
    public bool ShowsAll { get; set; }

    /// <summary>What is shown of the machine.</summary>
    public TreeView View => view ??= new TreeView(Scenario, folded);

    /// <summary>What keeps it from being run.</summary>
    public IReadOnlyList<MachineProblem> Problems => problems ??= Places.ProblemsOf(Scenario);

    /// <summary>The selected function itself.</summary>
    public FunctionSpec? Function => View.Tree.Find(Selected);

    /// <summary>The bridge below which something is added now; null = the root bus.</summary>
    public Bdf? Place => Function is not { } f ? null : f.Device.IsBridge ? f.Bdf : View.Tree.ParentOf(f);

    /// <summary>Selects a function or the root bus (null). What hides it is unfolded.</summary>
    public void Select(Bdf? at)
    {
        Selected = View.Tree.Find(at)?.Bdf;
        if (Function is { } f && View.Tree.Above(f).Where(folded.Remove).ToList().Count > 0)
        {
            view = null;
        }
    }

    /// <summary>Folds a bridge, or unfolds it; what was selected below it gives the selection to the bridge.</summary>
    public void Fold(Bdf at, bool fold)
    {
        if (fold ? !folded.Add(at) : !folded.Remove(at))
        {
            return;
        }

        view = null;
        Selected = View.Rows[View.RowOf(Selected)].At;
    }

    /// <summary>Takes an edit over, or says why not.</summary>
    public bool Do(EditOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        Refused = outcome.IsRefused;
        if (outcome.IsRefused)
        {
            Says = outcome.Words;
            return false;
        }

        // Folded bridges stay folded wherever they went.
        var still = folded.Select(f => outcome.Moved.TryGetValue(f, out var to) ? to : f).ToList();
        folded.Clear();
        folded.UnionWith(still);
        Show(Selecting().Do(History.Now.After(outcome), outcome.Words));
        Select(outcome.Selected);
        Says = $"{outcome.Words}{LineOfSelected()}";
        return true;
    }

    /// <summary>Puts a text into a field of the selected function: it becomes its value, or stays as typed beside what is wrong with it.</summary>
    public void Set(Bdf at, FormField field, string text)
    {
        var (draft, words) = History.Now.Set(at, field, text);
        Refused = draft.Drafts.ContainsKey((at, field.Path));
        if (!Refused && draft.Drafts.Count == History.Now.Drafts.Count && ScenarioDocument.Write(draft.Scenario) == ScenarioDocument.Write(Scenario))
        {
            return;
        }

        Show(Selecting().Do(draft, words));
        Says = words + (Refused ? "" : LineOfSelected());
    }

    /// <summary>Takes the last edit back.</summary>
    public void Undo()
    {
        if (History.Undoable is { } words)
        {
            Back(Selecting().Undo(), "Undone: " + words);
        }
    }

    /// <summary>Does again what was taken back.</summary>
    public void Redo()
    {
        if (History.Redoable is { } words)
        {
            Back(Selecting().Redo(), "Done again: " + words);
        }
    }

    // What is selected is no step of its own: undoing comes back to it.
    private EditHistory<MachineDraft> Selecting() => History.Now.Selected == Selected ? History : History.With(History.Now with { Selected = Selected });

    private void Back(EditHistory<MachineDraft> history, string words)
    {
        Show(history);
        Select(history.Now.Selected);
        (Says, Refused) = (words, false);
    }

    private void Show(EditHistory<MachineDraft> history)
    {
        History = history;
        view = null;
        problems = null;
    }

    private string LineOfSelected() => Selected is not { } at || !View.Routes.TryGetValue(at, out var route) ? ""
        : $" Its INT{route.Pin} ends on line {route.Line}, {(View.SharersOf[at].Count == 1 ? "alone" : $"with {View.SharersOf[at].Count - 1} more")}.";
}
