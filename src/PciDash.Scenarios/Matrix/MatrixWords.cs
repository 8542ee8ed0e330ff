using PciDash.Engine.Exploration;

namespace PciDash.Scenarios.Matrix;

/// <summary>Verdicts in words and marks, the same on a terminal and on a page.</summary>
public static class MatrixWords
{
    /// <summary>A verdict's word.</summary>
    public static string Of(VerdictKind kind) => kind switch
    {
        VerdictKind.Holds => "holds",
        VerdictKind.Violated => "violated",
        VerdictKind.ViolatedOnlyIf => "violated only if a window lasts longer",
        VerdictKind.NotApplicable => "not applicable",
        _ => "not finished",
    };

    /// <summary>What a cell says of a property, in a word or two: a run that was seen is told as a run.</summary>
    public static string Short(MatrixVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        return verdict.Kind switch
        {
            VerdictKind.ViolatedOnlyIf => "only if slower",
            VerdictKind.NotFinished => verdict.SeenInRun ? "not finished; seen in a run" : "not finished",
            _ => Of(verdict.Kind),
        };
    }

    /// <summary>A mark of its own for each, so that no colour is needed.</summary>
    public static string Mark(MatrixVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        return verdict.Kind switch
        {
            VerdictKind.Holds => "✓",
            VerdictKind.Violated => "✗",
            VerdictKind.ViolatedOnlyIf => "◐",
            VerdictKind.NotApplicable => "–",
            _ => verdict.SeenInRun ? "✗?" : "?",
        };
    }

    /// <summary>Worst first: 0 = violated.</summary>
    public static int Rank(MatrixVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        return verdict.Kind switch
        {
            VerdictKind.Violated => 0,
            VerdictKind.NotFinished when verdict.SeenInRun => 1,
            VerdictKind.ViolatedOnlyIf => 2,
            VerdictKind.NotFinished => 3,
            VerdictKind.Holds => 4,
            _ => 5,
        };
    }
}
