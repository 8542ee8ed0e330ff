using System.Collections.Immutable;
using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Building;

/// <summary>What was typed into a field and is not possible there.</summary>
/// <param name="Text">As typed.</param>
/// <param name="Problem">Why not, and what would be right.</param>
public sealed record FieldDraft(string Text, string Problem);

/// <summary>A machine that is being built: the scenario, and what was typed that it cannot hold. Immutable.</summary>
/// <param name="Scenario">The scenario.</param>
public sealed record MachineDraft(Scenario Scenario)
{
    /// <summary>Texts that are not possible, by function and path of the field: they stay where they were typed until they are put right.</summary>
    public ImmutableDictionary<(Bdf Function, string Path), FieldDraft> Drafts { get; init; } = ImmutableDictionary<(Bdf, string), FieldDraft>.Empty;

    /// <summary>What was selected when it was left for another one; null = the root bus.</summary>
    public Bdf? Selected { get; init; }

    /// <summary>The machine after an edit that was done; drafts go with their functions, to another address or away.</summary>
    public MachineDraft After(EditOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        var after = outcome.After ?? throw new ArgumentException("the edit was refused", nameof(outcome));
        var there = after.Functions.Select(f => f.Bdf).ToHashSet();
        var drafts = Drafts.Select(d => KeyValuePair.Create((outcome.Moved.TryGetValue(d.Key.Function, out var to) ? to : d.Key.Function, d.Key.Path), d.Value))
            .Where(d => there.Contains(d.Key.Item1));
        return this with { Scenario = after, Drafts = drafts.ToImmutableDictionary() };
    }

    /// <summary>The machine after a text was put into a field: with another value, or with the text as a draft.</summary>
    public (MachineDraft Draft, string Words) Set(Bdf at, FormField field, string text)
    {
        ArgumentNullException.ThrowIfNull(field);
        var outcome = FieldEdit.Set(Scenario, at, field, text);
        return outcome.IsRefused
            ? (this with { Drafts = Drafts.SetItem((at, field.Path), new FieldDraft(text, outcome.Words)) }, $"{field.Label} of {at} is not possible: {outcome.Words}")
            : (After(outcome) with { Drafts = Drafts.Remove((at, field.Path)) }, outcome.Words);
    }
}

/// <summary>What was done, to be undone and done again: without limit, as each step shares with the one before whatever it did not change. Immutable.</summary>
public sealed record EditHistory
{
    private readonly ImmutableStack<(MachineDraft Draft, string Words)> past = [];
    private readonly ImmutableStack<(MachineDraft Draft, string Words)> future = [];

    /// <summary>A history that begins here.</summary>
    public EditHistory(MachineDraft now) => Now = now;

    private EditHistory(MachineDraft now, ImmutableStack<(MachineDraft, string)> past, ImmutableStack<(MachineDraft, string)> future)
    {
        Now = now;
        this.past = past;
        this.future = future;
    }

    /// <summary>The machine as it is.</summary>
    public MachineDraft Now { get; }

    /// <summary>What would be undone, in the words of the edit; null = nothing.</summary>
    public string? Undoable => past.IsEmpty ? null : past.Peek().Words;

    /// <summary>What would be done again; null = nothing.</summary>
    public string? Redoable => future.IsEmpty ? null : future.Peek().Words;

    /// <summary>The same with another selection, which is no step of its own: undoing comes back to it.</summary>
    public EditHistory Selecting(Bdf? at) => Now.Selected == at ? this : new(Now with { Selected = at }, past, future);

    /// <summary>Something was done; what had been undone is gone.</summary>
    public EditHistory Do(MachineDraft draft, string words) => new(draft, past.Push((Now, words)), []);

    /// <summary>The step before; the same if there is none.</summary>
    public EditHistory Undo() => past.IsEmpty ? this : new(past.Peek().Draft, past.Pop(), future.Push((Now, past.Peek().Words)));

    /// <summary>The step after; the same if there is none.</summary>
    public EditHistory Redo() => future.IsEmpty ? this : new(future.Peek().Draft, past.Push((Now, future.Peek().Words)), future.Pop());
}
