using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios.Pictures;
using PciDash.Scenarios.Timeline;
using PciDash.Web.Timeline;
using Microsoft.JSInterop;
using Plotly.Blazor;

namespace PciDash.Benchmarks;

/// <summary>What a zoom costs: from the two ends of a window, in nanoseconds, to the traces that are sent.</summary>
internal static class Windows
{
    private const int Queries = 400;
    private const double GoalMs = 5;
    private const double GoalBytes = 150_000;

    public static void Print(Action<string, string, string> row)
    {
        var run = Run.Of(CompiledMachine.Compile(Machines.Busy()), limits: NumbersTable.Million, accelerate: false);
        var clock = Stopwatch.StartNew();
        var lanes = Lanes.Of(run);
        var laid = clock.Elapsed.TotalMilliseconds;
        row(Text($"lanes of a run of {run.Recording.RawCount:N0} events laid out, once for all who look at it: {lanes.Rows.Count} rows"), Text($"{laid:0} ms"), "");
        foreach (var mode in Enum.GetValues<AxisMode>())
        {
            clock.Restart();
            var axis = TimeAxis.Of(run, mode);
            var axisMs = clock.Elapsed.TotalMilliseconds;
            var rows = Enumerable.Range(0, lanes.Rows.Count).ToList();
            var windows = Enumerable.Range(0, Queries).Select(i => Window(axis, i)).ToList();
            List<(long From, long To)> ns = [.. windows.Select(w => (axis.ToNs(w.From), axis.ToNs(w.To)))];
            for (var i = 0; i < Queries; i++)
            {
                Query(axis, lanes, rows, ns[i]);
            }

            var times = Measure.Each(Queries, i => Query(axis, lanes, rows, ns[i]));
            var bytes = ns.Where((_, i) => i % 8 == 0).Select(w => Bytes(Query(axis, lanes, rows, w))).Order().ToList();
            row(
                Text($"window query, {mode.ToString().ToLowerInvariant()} axis ({axisMs:0} ms, once), {Queries} windows from the whole to some events"),
                Text($"{times[Queries / 2]:0.00} ms, at most {times[^1]:0.00} ms"), Text($"{GoalMs / times[^1]:0.00} x as fast as the goal of 5 ms"));
            row(
                "bytes of its message to the chart", Text($"{bytes[bytes.Count / 2] / 1e3:0} KB, at most {bytes[^1] / 1e3:0} KB"),
                Text($"{GoalBytes / bytes[^1]:0.00} x below the goal of 150 KB"));
        }
    }

    // The whole, and ever smaller parts at places all over the run.
    private static (double From, double To) Window(TimeAxis axis, int i)
    {
        var width = axis.End * Math.Pow(10, -(i % 20) / 3.5);
        var at = (axis.End - width) * ((i * 0.6180339887) % 1);
        return (at, at + width);
    }

    private static IList<ITrace> Query(TimeAxis axis, Lanes lanes, IReadOnlyList<int> rows, (long From, long To) ns)
    {
        var (from, to) = (axis.FromNs(ns.From), axis.FromNs(ns.To));
        _ = axis.Ticks(from, to, 9);
        return new LaneChart(lanes, axis, Palette.Light).Draw(rows, from, Math.Max(to, from + 1));
    }

    // The chart's own code, with somebody who counts in place of the browser.
#pragma warning disable BL0005 // There is no page here whose parameters they would be.
    private static long Bytes(IList<ITrace> traces)
    {
        var browser = new CountingBrowser();
        new PlotlyJsInterop(browser, new PlotlyChart { Data = traces, Layout = new(), Config = new(), Frames = [] }, true).React(default).GetAwaiter().GetResult();
        return browser.Bytes;
    }

#pragma warning restore BL0005

    private sealed class CountingBrowser : IJSRuntime, IJSObjectReference
    {
        public long Bytes { get; private set; }

        public ValueTask<T> InvokeAsync<T>(string identifier, object?[]? args) => InvokeAsync<T>(identifier, default, args);

        public ValueTask<T> InvokeAsync<T>(string identifier, CancellationToken cancellationToken, object?[]? args)
        {
            Bytes += JsonSerializer.SerializeToUtf8Bytes(args!.Where(a => a is not (null or IJSObjectReference) && !a.GetType().Name.StartsWith("DotNetObjectReference", StringComparison.Ordinal)), JsonSerializerOptions.Web).Length;
            return ValueTask.FromResult(this is T browser ? browser : default!);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
