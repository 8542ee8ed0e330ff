using System.Runtime.CompilerServices;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Timeline;

/// <summary>A run laid out as lanes. Says nothing that the recording does not say.</summary>
public sealed class Lanes
{
    private static readonly ConditionalWeakTable<Run, Lanes> Known = [];

    private readonly Run run;
    private readonly CompiledMachine m;
    private readonly LaneWords words;
    private readonly List<Lane> lanes = [];
    private readonly List<LaneTrack> tracks = [];
    private readonly List<Callout> callouts = [];
    private readonly Dictionary<(LaneKind, int), int> index = [];

    // One more than it is; 0 = not counted yet. Two who count at once find the same.
    private int[]? telling;

    /// <summary>Lays a run out.</summary>
    public Lanes(Run run)
    {
        ArgumentNullException.ThrowIfNull(run);
        this.run = run;
        m = run.Machine;
        words = new LaneWords(run);
        AddLanes(new Seen(run));
        new LaneReader(run, Row, tracks, callouts).Read();
    }

    /// <summary>The lanes of a run, shared by all who look at it: neither changes.</summary>
    public static Lanes Of(Run run) => Known.GetValue(run, r => new Lanes(r));

    /// <summary>The rows.</summary>
    public IReadOnlyList<Lane> Rows => lanes;

    /// <summary>What a row holds.</summary>
    public LaneTrack Track(int row) => tracks[row];

    /// <summary>What must not be missed.</summary>
    public IReadOnlyList<Callout> Callouts => callouts;

    /// <summary>How much is to be told of a lane and those below it: 3 = it is the run's own or something there must not be missed, 2 = something went wrong there, 1 = something happened there, 0 = nothing did.</summary>
    /// <param name="parent">A lane that is not below another.</param>
    public int Telling(int parent)
    {
        telling ??= new int[lanes.Count];
        if (telling[parent] == 0)
        {
            telling[parent] = 1 + TellingOf(parent);
        }

        return telling[parent] - 1;
    }

    /// <summary>All lanes; of too many those that are not below another, and of these those of which most is to be told. In their order.</summary>
    /// <param name="most">How many.</param>
    public IReadOnlyList<Lane> MostTelling(int most)
    {
        if (lanes.Count <= most)
        {
            return lanes;
        }

        return [.. Enumerable.Range(0, lanes.Count).Where(i => !lanes[i].IsChild).OrderByDescending(Telling).Take(most).Order().Select(i => lanes[i])];
    }

    private int TellingOf(int parent)
    {
        var end = parent + 1;
        while (end < lanes.Count && lanes[end].IsChild)
        {
            end++;
        }

        var own = tracks[parent..end];
        return lanes[parent].Kind is LaneKind.Phases or LaneKind.Cpu || callouts.Any(c => c.Lane >= parent && c.Lane < end) ? 3
            : own.Any(t => t.Bands.Any(b => b.Look == Look.Dead) || t.Marks.Any(s => s.Look == Look.Dead && s.Entries.Count > 0)) ? 2
            : own.Any(t => t.Edges.Count > 0 || t.Folds.Count > 0 || t.Marks.Any(s => s.Entries.Count > 0)) ? 1
            : 0;
    }

    /// <summary>Index of the lane of that name; -1 if this run has none.</summary>
    public int IndexOf(string? id) => lanes.FindIndex(l => l.Id == id);

    /// <summary>Words in and about a band.</summary>
    public (string Text, string Detail) WordsOf(in Band band) => band.IsFold ? words.OfFold(lanes[band.Lane], band.From) : (band.Text, band.Detail);

    /// <summary>The fold that holds an entry, or null.</summary>
    public Fold? FoldOf(int entry) => run.Recording.FoldOf(entry);

    /// <summary>Raw number of an entry.</summary>
    public long RawOf(int entry) => run.Recording.Entries[entry].Raw;

    /// <summary>Words about a mark.</summary>
    public string WordsOf(int entry) => words.OfMark(entry);

    private void AddLanes(Seen seen)
    {
        Add(LaneKind.Phases, -1, "Phases", "", false, "phases");
        for (var cpu = 0; cpu < m.CpuCount; cpu++)
        {
            Add(LaneKind.Cpu, cpu, $"CPU {cpu}", "", false, $"cpu{cpu}");
        }

        foreach (var f in m.Functions)
        {
            if (!IsShown(f))
            {
                continue;
            }

            var driver = m.Boots[0].Drivers[f.Index]?.Id ?? "no driver";
            Add(LaneKind.Mode, f.Index, f.Bdf.ToString(), $"{f.Device.Title}, {driver}", false, f.Bdf + "/mode");
            Add(LaneKind.BusMaster, f.Index, "Bus Master", "", true, f.Bdf + "/bme");
            if (f.VectorCount > 0)
            {
                Add(LaneKind.Messages, f.Index, f.Device.MsixTableSize > 0 ? "MSI-X" : "MSI", "", true, f.Bdf + "/msi");
            }

            if (f.Line >= 0)
            {
                Add(LaneKind.Pin, f.Index, $"INT{f.Device.Pin}#", "", true, f.Bdf + "/pin");
            }

            // Most functions never do these: a lane only for those that do.
            if (seen.Dma[f.Index])
            {
                Add(LaneKind.Dma, f.Index, "DMA", "", true, f.Bdf + "/dma");
            }

            if (seen.Power[f.Index])
            {
                Add(LaneKind.Power, f.Index, "Power", "", true, f.Bdf + "/power");
            }

            if (seen.Thread[f.Index])
            {
                Add(LaneKind.Thread, f.Index, "irq thread", "", true, f.Bdf + "/thread");
            }
        }

        foreach (var line in m.Lines.Where(IsShown))
        {
            var pins = string.Join(", ", line.Functions.Select(f => m.Functions[f].Bdf.ToString()));
            Add(LaneKind.Line, line.Index, $"IRQ {line.Gsi}", "from " + pins, false, $"irq{line.Gsi}");
            Add(LaneKind.Deliveries, line.Index, "Deliveries", "", true, $"irq{line.Gsi}/deliveries");
            if (seen.Delivered[line.Index])
            {
                Add(LaneKind.Rate, line.Index, "Rate", "", true, $"irq{line.Gsi}/rate");
            }
        }
    }

    // A function of which nothing can be told has no lane: no driver, no event, no bridge that matters.
    private bool IsShown(MachineFunction f) =>
        m.Boots.Any(b => b.Drivers[f.Index] is not null) || f.Spec.Events.Count > 0
        || m.Functions.Any(other => other.Parent == f.Index);

    private bool IsShown(MachineLine line) => line.Functions.Any(f => IsShown(m.Functions[f]));

    private void Add(LaneKind kind, int subject, string title, string detail, bool child, string id)
    {
        index[(kind, subject)] = lanes.Count;
        var of = kind switch
        {
            LaneKind.BusMaster or LaneKind.Messages or LaneKind.Pin or LaneKind.Dma or LaneKind.Power or LaneKind.Thread => $" {m.Functions[subject].Bdf}",
            LaneKind.Deliveries or LaneKind.Rate => $" of IRQ {m.Lines[subject].Gsi}",
            _ => "",
        };
        lanes.Add(new Lane(kind, subject, title, detail, child) { Id = id, FullTitle = title + of });
        tracks.Add(new LaneTrack());
    }

    private int? Row(LaneKind kind, int subject) => index.TryGetValue((kind, subject), out var row) ? row : null;

    // What happens at all in a run.
    private sealed class Seen
    {
        public Seen(Run run)
        {
            var functions = run.Machine.Functions.Count;
            (Dma, Power, Thread, Delivered) = (new bool[functions], new bool[functions], new bool[functions], new bool[run.Machine.Lines.Count]);
            foreach (ref readonly var entry in run.Recording.Entries)
            {
                var e = entry.Event;
                switch (e.Kind)
                {
                    case EventKind.Dma: Dma[e.Subject] = true; break;
                    case EventKind.PowerState: Power[e.Subject] = true; break;
                    case EventKind.IrqThread: Thread[e.Subject] = true; break;
                    case EventKind.IrqDelivered when e.Subject >= 0 && e.Subject < Delivered.Length: Delivered[e.Subject] = true; break;
                }
            }
        }

        public bool[] Dma { get; }

        public bool[] Power { get; }

        public bool[] Thread { get; }

        public bool[] Delivered { get; }
    }
}
