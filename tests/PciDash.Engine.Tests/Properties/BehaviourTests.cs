using System.Globalization;
using CsCheck;
using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Engine.Tests.Properties;

/// <summary>
/// What some thousand random machines do is what they did: each action, event, cause and time of a run, and how many states and transitions
/// there are without time. Nothing here says what is right, which the rules and the twin do; it says that something has changed, and where.
/// A change that is meant: run this test with PCIDASH_BEHAVIOUR=write, and commit the file with the reason.
/// </summary>
public class BehaviourTests
{
    private const int Machines = 2_400;
    private const int Steps = 1_500;
    private const int Searched = 4;
    private const string Known = "Fixtures/behaviour.txt";

    private static readonly SearchBudget Budget = new(1_500, 100_000_000, TimeSpan.FromSeconds(60));

    private static readonly string Project = Path.Combine(AppContext.BaseDirectory, "..", "..", "..");

    [Fact]
    public void Random_machines_do_what_they_did()
    {
        var now = Enumerable.Range(0, Machines).AsParallel().AsOrdered().Select(i => Digest(Draw(i), i % Searched == 0)).ToList();
        if (Environment.GetEnvironmentVariable("PCIDASH_BEHAVIOUR") == "write")
        {
            File.WriteAllLines(Path.Combine(Project, Known), now);
            return;
        }

        var before = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, Known));
        Assert.Equal(Machines, before.Length);
        var differ = Enumerable.Range(0, Machines).Where(i => now[i] != before[i]).ToList();
        if (differ.Count > 0)
        {
            Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"{differ.Count} of {Machines} machines do something else than before, the first is number {differ[0]} ({before[differ[0]]} then, {now[differ[0]]} now):\n{Draw(differ[0])}"));
        }
    }

    // Every tenth with messages that hit the vector of another function.
    private static RandomScenario Draw(int number)
    {
        var gen = number % 10 == 9 ? AliasedScenario.Any : number % 10 < 6 ? RandomScenario.With(10, 9) : RandomScenario.With(60, 50);
        return gen.Generate(new PCG(1, (ulong)number), null, out _);
    }

    private static string Digest(RandomScenario random, bool search)
    {
        var sink = new Hash();
        var walk = new Walk<HashSink>(random, new HashSink(sink));
        for (var step = 0; step < Steps && walk.Next() is { } action; step++)
        {
            walk.Take(action);
            sink.Add(action.Actor);
            sink.Add((int)action.Verb);
            sink.Add(walk.Simulator.NowNs);
        }

        var text = sink.Value.ToString("x16", CultureInfo.InvariantCulture);
        if (!search)
        {
            return text;
        }

        var found = new Explorer(walk.Machine, Property.All).Search(Budget);
        return string.Create(CultureInfo.InvariantCulture, $"{text} {found.States} {found.Transitions} {string.Concat(found.Verdicts.Select(v => (int)v.Kind))}");
    }

    private sealed class Hash
    {
        public ulong Value { get; private set; } = 14_695_981_039_346_656_037;

        public long Events { get; private set; }

        public void Add(long value) => Value = (Value ^ (ulong)value) * 1_099_511_628_211 ^ (Value >> 29);

        public long Next() => Events++;
    }

    private readonly struct HashSink(Hash hash) : IEventSink
    {
        public static bool Records => true;

        public long Emit(in MachineEvent e, long why, long also)
        {
            hash.Add((int)e.Kind);
            hash.Add(e.Subject);
            hash.Add(e.A);
            hash.Add(e.B);
            hash.Add(e.C);
            hash.Add(e.D);
            hash.Add(why);
            hash.Add(also);
            return hash.Next();
        }
    }
}
