using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Import;

/// <summary>Where a fact about a machine is from.</summary>
public enum FactSource : byte
{
    /// <summary>The bytes of its configuration space.</summary>
    Hex,

    /// <summary>What lspci says in words.</summary>
    Text,

    /// <summary>/proc/interrupts.</summary>
    Interrupts,

    /// <summary>The kernel's log, uname or its command line.</summary>
    Kernel,

    /// <summary>Nobody said so: it is what is likely.</summary>
    Guess,
}

/// <summary>How much a note matters.</summary>
public enum NoteSeverity : byte
{
    /// <summary>A line that was not understood, and so not used.</summary>
    Unread,

    /// <summary>The machine was imported, but something in it is guessed, left out or contradictory.</summary>
    Warning,

    /// <summary>There is no machine because of this.</summary>
    Error,
}

/// <summary>Something that a reader of the imported machine should know.</summary>
/// <param name="File">Name of the file; empty for pasted text.</param>
/// <param name="Line">Line number in it, from 1; 0 = it belongs to no line.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="What">What is so.</param>
/// <param name="Right">What would be right, or what is assumed instead; may be empty.</param>
public sealed record ImportNote(string File, int Line, NoteSeverity Severity, string What, string Right)
{
    /// <summary>As one line: <c>line 12: what; right</c>.</summary>
    public override string ToString() =>
        (File.Length > 0 ? File + ": " : "") + (Line > 0 ? Node.Invariant($"line {Line}: ") : "") + What + (Right.Length > 0 ? "; " + Right : "");
}

/// <summary>One value of the imported scenario, and where it is from.</summary>
/// <param name="Path">The field, such as <c>functions[00:1f.2].pin</c> or <c>boots[0].kernel</c>.</param>
/// <param name="Value">Its value.</param>
/// <param name="Source">Where it is from.</param>
/// <param name="Line">Line that says so; 0 = none does.</param>
/// <param name="Why">For a guess, what it rests on; else empty.</param>
public sealed record ImportedField(string Path, string Value, FactSource Source, int Line, string Why);

/// <summary>An irq that a kernel gave up: "nobody cared".</summary>
/// <param name="Irq">Its number.</param>
/// <param name="Line">Line of the message.</param>
/// <param name="Handlers">The handlers that the kernel printed, in its order.</param>
/// <param name="Functions">Functions of the imported machine on that line.</param>
public sealed record UnhandledIrq(int Irq, int Line, IReadOnlyList<string> Handlers, IReadOnlyList<Bdf> Functions);

/// <summary>A line of an IO-APIC and what shares it.</summary>
/// <param name="Gsi">The line.</param>
/// <param name="Functions">Functions on it, where the text says so; what is only routed there by the platform is not among them.</param>
/// <param name="Handlers">Names of its handlers in /proc/interrupts; empty if that is not in the text.</param>
public sealed record ImportedLine(Gsi Gsi, IReadOnlyList<Bdf> Functions, IReadOnlyList<string> Handlers);

/// <summary>What a pasted text says about a machine.</summary>
/// <param name="Scenario">The machine with one boot, which compiles; null if the notes have an error.</param>
/// <param name="Functions">Every function of segment 0000 as it was read, by address.</param>
/// <param name="Fields">Every value of the scenario and where it is from.</param>
/// <param name="Notes">What was guessed, left out, contradictory or not understood, by line.</param>
public sealed record ImportedMachine(
    Scenario? Scenario, IReadOnlyList<ImportedFunction> Functions, IReadOnlyList<ImportedField> Fields, IReadOnlyList<ImportNote> Notes)
{
    /// <summary>The kernel as uname or its log names it; null if they do not.</summary>
    public string? Kernel { get; init; }

    /// <summary>Lines with their sharers, by number.</summary>
    public IReadOnlyList<ImportedLine> Lines { get; init; } = [];

    /// <summary>Irqs that "nobody cared" for.</summary>
    public IReadOnlyList<UnhandledIrq> Unhandled { get; init; } = [];

    /// <summary>Lines that were not understood, those included that are not in the notes one by one.</summary>
    public int LinesUnread { get; init; }
}
