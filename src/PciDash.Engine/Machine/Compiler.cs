using System.Globalization;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;

namespace PciDash.Engine.Machine;

/// <summary>Scenario to machine: tables, vectors, and the program of all boots.</summary>
internal sealed class Compiler(Scenario scenario)
{
    // x86: 0x20-0xff without the system's own at the top and the syscall vector 0x80; 0x22 is the first that a device got on the recorded machines.
    private const int FirstVector = 0x22;
    private const int LastVector = 0xeb;
    private const int SyscallVector = 0x80;

    private FunctionSpec[] specs = [];
    private MachineFunction[] functions = [];
    private MachineLine[] lines = [];
    private List<BootSpec> boots = [];
    private MachineBoot[] tables = [];
    private Dictionary<Bdf, int> index = [];
    private BootPlan plan = null!;
    private PinRoutes routes = null!;

    public CompiledMachine Compile()
    {
        ScenarioRules.Check(scenario);
        boots = [.. scenario.Boots];
        if (boots[^1].Path is ShutdownPath.Kexec or ShutdownPath.Kdump)
        {
            // The kernel that is jumped into: the same one, unless the scenario names it.
            boots.Add(boots[^1] with { Path = ShutdownPath.None, Stimuli = [], HandledBefore = new Dictionary<Gsi, int>() });
        }

        specs = [.. scenario.Functions.OrderBy(f => f.Bdf)];
        index = specs.Select((f, i) => (f.Bdf, i)).ToDictionary(p => p.Bdf, p => p.i);
        plan = new BootPlan(specs, boots, index, scenario);
        routes = new PinRoutes(scenario);
        BuildLinesAndFunctions();
        var cpus = boots.Max(b => b.Cpus);
        var writer = new ProgramWriter(scenario, boots, plan, functions, lines, index);
        var start = writer.Write();
        var slots = BuildBoots(cpus, writer);
        var sourceFunctions = new List<int>();
        foreach (var f in functions)
        {
            sourceFunctions.AddRange(Enumerable.Repeat(f.Index, f.Sources.Count));
        }

        return new CompiledMachine
        {
            Scenario = scenario with { Boots = boots },
            Functions = functions,
            Lines = lines,
            Boots = tables,
            Slots = slots,
            Program = writer.Program,
            Names = writer.Names,
            Origins = writer.Origins,
            StartPc = start,
            CpuCount = cpus,
            VectorCount = functions.Sum(f => f.VectorCount),
            SourceCount = sourceFunctions.Count,
            SourceFunctions = sourceFunctions,
        }.WithLayout();
    }

    private void BuildLinesAndFunctions()
    {
        var gsis = specs.Select(GsiOf).ToArray();
        var order = gsis.Where(g => g is not null).Select(g => g!.Value).Distinct().OrderBy(g => g.Value).ToList();
        lines = [.. order.Select((g, i) => new MachineLine(i, g, [.. Enumerable.Range(0, specs.Length).Where(f => gsis[f] == g)]))];
        functions = new MachineFunction[specs.Length];
        var vectors = 0;
        var sources = 0;
        for (var i = 0; i < specs.Length; i++)
        {
            var spec = specs[i];
            var needed = Enumerable.Range(0, boots.Count).Max(b => plan.VectorsNeeded(b, i));
            functions[i] = new MachineFunction
            {
                Index = i,
                Spec = spec,
                Parent = spec.Parent is { } p ? index[p] : -1,
                Line = gsis[i] is { } g ? order.IndexOf(g) : -1,
                LinesOfItsPins = LinesOfItsPins(spec, order),
                FirstVector = vectors,
                VectorCount = needed,
                FirstSource = sources,
                Sources = [.. spec.Events, new EventSource("completion", 1_000_000)],
            };
            vectors += needed;
            sources += spec.Events.Count + 1;
        }
    }

    // pci_update_irq_disabled of QEMU goes over all pins of a function, whichever it has.
    private int[] LinesOfItsPins(FunctionSpec f, List<Gsi> order) => !scenario.Platform.ForgetsRiseWhileUnprogrammed ? []
        : [.. new[] { InterruptPin.A, InterruptPin.B, InterruptPin.C, InterruptPin.D }.Select(pin => order.IndexOf(RouteOf(f, pin)))
            .Append(f.Gsi is { } own ? order.IndexOf(own) : -1).Where(line => line >= 0).Distinct().Order()];

    private Gsi? GsiOf(FunctionSpec f) => f.Device.Pin == InterruptPin.None ? null : f.Gsi ?? RouteOf(f, f.Device.Pin);

    private Gsi RouteOf(FunctionSpec f, InterruptPin pin) => routes.Of(f, pin)!.Line;

    private LapicSlot[] BuildBoots(int cpus, ProgramWriter writer)
    {
        // (cpu, vector) -> owner, per boot: lines and vectors get their numbers in probe order, as they are requested.
        var perBoot = new List<Dictionary<(int Cpu, int Vector), int>>();
        var lineAt = new (int Cpu, int Vector)[boots.Count][];
        var vectorAt = new (int Cpu, int Vector)?[boots.Count][];
        var totalVectors = functions.Sum(f => f.VectorCount);
        for (var b = 0; b < boots.Count; b++)
        {
            var owners = new Dictionary<(int, int), int>();
            var next = Enumerable.Repeat(FirstVector, cpus).ToArray();
            (int, int) Allocate(int cpu, int owner)
            {
                if (next[cpu] == SyscallVector)
                {
                    next[cpu]++;
                }

                if (next[cpu] > LastVector)
                {
                    throw new ScenarioException([Invariant($"boots[{b}]: cpu {cpu} has no vector left; spread the functions over more CPUs")]);
                }

                var at = (cpu, next[cpu]++);
                owners[at] = owner;
                return at;
            }

            vectorAt[b] = new (int, int)?[totalVectors];
            lineAt[b] = Enumerable.Repeat((-1, -1), lines.Length).ToArray();

            // In the order of their requests, by older releases the pins first; from which number on is assumed.
            foreach (var line in lines.Where(_ => !boots[b].Release.VectorsAtRequest))
            {
                var first = plan.ProbeOrderOf(b).Where(f => line.Functions.Contains(f)).OrderBy(f => plan.UsesLine(b, f) ? 0 : 1).First();
                lineAt[b][line.Index] = Allocate(specs[first].Cpu, line.Index);
            }

            foreach (var f in plan.RequestOrderOf(b))
            {
                if (plan.UsesLine(b, f) && functions[f].Line is >= 0 and var own && lineAt[b][own].Item1 < 0)
                {
                    lineAt[b][own] = Allocate(specs[f].Cpu, own);
                }

                for (var v = 0; v < plan.VectorsNeeded(b, f); v++)
                {
                    vectorAt[b][functions[f].FirstVector + v] = Allocate(specs[f].Cpu, lines.Length + functions[f].FirstVector + v);
                }
            }

            // Those that nobody requests.
            foreach (var line in lines.Where(l => lineAt[b][l.Index].Item1 < 0))
            {
                lineAt[b][line.Index] = Allocate(specs[line.Functions[0]].Cpu, line.Index);
            }

            perBoot.Add(owners);
        }

        CheckSharing();
        var all = perBoot.SelectMany(o => o.Keys).Distinct().Order().ToList();
        var slots = all.Select((s, i) => new LapicSlot(s.Cpu, new Vector(s.Vector), i - all.FindIndex(o => o.Cpu == s.Cpu))).ToArray();
        var slotIndex = all.Select((s, i) => (s, i)).ToDictionary(p => p.s, p => p.i);
        tables = new MachineBoot[boots.Count];
        for (var b = 0; b < boots.Count; b++)
        {
            tables[b] = new MachineBoot
            {
                Spec = boots[b],
                Drivers = [.. Enumerable.Range(0, specs.Length).Select(f => plan.DriverEver(b, f))],
                Modes = [.. Enumerable.Range(0, specs.Length).Select(f => plan.ModeOf(b, f))],
                Chains = writer.RequestsOf(b),
                LineSlots = [.. lineAt[b].Select(s => slotIndex[s])],
                VectorSlots = [.. vectorAt[b].Select(s => s is { } at ? slotIndex[at] : -1)],
                Vectors = [.. Enumerable.Range(0, specs.Length).Select(f => plan.VectorsNeeded(b, f))],
                UsesRemapping = scenario.InterruptRemapping && !boots[b].NoRemapping,
                OneshotLines = [.. lines.Select(l => l.Functions.Any(f => plan.DriverEver(b, f) is { } d && plan.UsesLine(b, f)
                    && (boots[b].ThreadIrqs || d.IntxHandler.Thread == HandlerThread.Oneshot)))],
                SlotOwners = [.. all.Select(s => perBoot[b].TryGetValue(s, out var owner) ? owner : -1)],
            };
        }

        return slots;
    }

    // __setup_irq: "Flags mismatch irq", -EBUSY.
    private void CheckSharing()
    {
        var problems = new List<string>();
        for (var b = 0; b < boots.Count; b++)
        {
            foreach (var line in lines.Where(_ => !boots[b].ThreadIrqs))
            {
                var kinds = line.Functions.Where(f => plan.UsesLine(b, f)).GroupBy(f => plan.DriverEver(b, f)!.IntxHandler.Thread == HandlerThread.Oneshot).ToList();
                if (kinds.Count > 1)
                {
                    problems.Add(Invariant(
                        $"boots[{b}]: line {line.Gsi} has handlers with and without oneshot ({string.Join(", ", kinds.Select(k => specs[k.First()].Bdf))}); request_irq refuses that (-EBUSY): all of a line must agree"));
                }
            }
        }

        if (problems.Count > 0)
        {
            throw new ScenarioException(problems);
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
