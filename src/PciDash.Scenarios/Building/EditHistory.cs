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

/// <summary>What was done, to be undone and done again: without limit, as each state shares with the one before whatever was not changed. Immutable.</summary>
/// <typeparam name="T">What is edited; immutable itself.</typeparam>
public sealed record EditHistory<T>
    where T : class
{
    private readonly ImmutableStack<EditStep<T>> past = [];
    private readonly ImmutableStack<EditStep<T>> future = [];

    /// <summary>A history that begins here.</summary>
    public EditHistory(T now) => Now = now;

    /// <summary>A history as it was.</summary>
    /// <param name="now">What is.</param>
    /// <param name="past">What was before, the oldest first, each with the words of the edit that followed.</param>
    /// <param name="future">What was undone, the next first, each with the words of the edit that led to it.</param>
    public EditHistory(T now, IEnumerable<EditStep<T>> past, IEnumerable<EditStep<T>> future)
        : this(now, ImmutableStack.CreateRange(past), ImmutableStack.CreateRange(future.Reverse()))
    {
    }

    private EditHistory(T now, ImmutableStack<EditStep<T>> past, ImmutableStack<EditStep<T>> future)
    {
        Now = now;
        this.past = past;
        this.future = future;
    }

    /// <summary>What is.</summary>
    public T Now { get; }

    /// <summary>What would be undone, in the words of the edit; null = nothing.</summary>
    public string? Undoable => past.IsEmpty ? null : past.Peek().Words;

    /// <summary>What would be done again; null = nothing.</summary>
    public string? Redoable => future.IsEmpty ? null : future.Peek().Words;

    /// <summary>What was before, the newest first, each with the words of the edit that followed.</summary>
    public IEnumerable<EditStep<T>> Past => past;

    /// <summary>What was undone, the next first, each with the words of the edit that led to it.</summary>
    public IEnumerable<EditStep<T>> Future => future;

    /// <summary>The same with something else now, which is no step of its own, such as another selection: undoing comes back to it.</summary>
    public EditHistory<T> With(T now) => ReferenceEquals(Now, now) ? this : new(now, past, future);

    /// <summary>Something was done; what had been undone is gone.</summary>
    public EditHistory<T> Do(T after, string words) => new(after, past.Push(new(Now, words)), []);

    /// <summary>The step before; the same if there is none.</summary>
    public EditHistory<T> Undo() => past.IsEmpty ? this : new(past.Peek().State, past.Pop(), future.Push(new(Now, past.Peek().Words)));

    /// <summary>The step after; the same if there is none.</summary>
    public EditHistory<T> Redo() => future.IsEmpty ? this : new(future.Peek().State, past.Push(new(Now, future.Peek().Words)), future.Pop());

    /// <summary>Goes back or on to the nearest state that is meant; null if there is none, the same if it is the one now.</summary>
    public EditHistory<T>? To(Func<T, bool> isMeant)
    {
        ArgumentNullException.ThrowIfNull(isMeant);
        if (isMeant(Now))
        {
            return this;
        }

        var (back, on) = (this, this);
        while (back.Undoable is not null || on.Redoable is not null)
        {
            if (back.Undoable is not null && isMeant((back = back.Undo()).Now))
            {
                return back;
            }

            if (on.Redoable is not null && isMeant((on = on.Redo()).Now))
            {
                return on;
            }
        }

        return null;
    }
}

/// <summary>A state of something that is edited.</summary>
/// <param name="State">The state.</param>
/// <param name="Words">The edit that led from it, or to it.</param>
/// <typeparam name="T">What is edited.</typeparam>
public sealed record EditStep<T>(T State, string Words);
