using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios;

/// <summary>An event in time.</summary>
/// <param name="Raw">Raw number; of the last of equal rounds that of the first.</param>
/// <param name="TimeNs">When; 0 is the start of the shutdown.</param>
/// <param name="Event">What happened.</param>
/// <param name="Times">How often since the one before it of its kind: more than 1 for the last of equal rounds.</param>
internal readonly record struct TimedEvent(long Raw, long TimeNs, MachineEvent Event, long Times);

/// <summary>
/// A recording for tools that know no folds: of equal rounds that follow each other the first and the last are shown, each at its time, and
/// the last one stands for all those between.
/// </summary>
internal static class Unfolded
{
    public static IEnumerable<TimedEvent> Of(Recording recording)
    {
        for (var i = 0; i < recording.Count;)
        {
            if (recording.FoldOf(i) is not { } fold)
            {
                yield return new TimedEvent(recording.Entries[i].Raw, recording.Entries[i].TimeNs, recording.Entries[i].Event, 1);
                i++;
                continue;
            }

            for (var n = fold.FirstEntry; n < fold.EndEntry; n++)
            {
                yield return new TimedEvent(recording.Entries[n].Raw, recording.Entries[n].TimeNs, recording.Entries[n].Event, 1);
            }

            for (var n = fold.FirstEntry; n < fold.EndEntry && fold.Rounds > 1; n++)
            {
                yield return new TimedEvent(recording.Entries[n].Raw, recording.Entries[n].TimeNs + ((fold.Rounds - 1) * fold.PeriodNs), recording.Entries[n].Event, fold.Rounds - 1);
            }

            i = fold.EndEntry;
        }
    }
}
