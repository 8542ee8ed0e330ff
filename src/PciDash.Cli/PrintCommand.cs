using System.CommandLine;
using System.Globalization;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios;
using PciDash.Scenarios.Printed;

namespace PciDash.Cli;

/// <summary><c>pcidash print</c>: what the box would print at a step, or how that compares with what a real one did.</summary>
internal static class PrintCommand
{
    private static readonly string[] Texts = ["dmesg", "interrupts", "spurious", "lspci"];

    public static Command Create(Streams streams)
    {
        var options = new ScenarioOptions();
        var what = new Option<string>("--what") { Description = "dmesg, interrupts (/proc/interrupts), spurious (/proc/irq/N/spurious) or lspci (-vvv)", DefaultValueFactory = _ => "dmesg" };
        var step = new Option<long?>("--step") { Description = "raw number of an event of the run; without it the link's step, else the last" };
        var compare = new Option<string?>("--compare") { Description = "FILE with lspci -vvv or dmesg of a real machine: say which facts differ; 1 if any does" };
        var timeLimit = new TimeLimitOption();
        var command = new Command("print", "Print what the box would print at a step of the run.");
        options.AddTo(command);
        command.Add(what);
        command.Add(step);
        command.Add(compare);
        timeLimit.AddTo(command);
        command.SetAction(result =>
        {
            var name = result.GetRequiredValue(what);
            if (!Texts.Contains(name))
            {
                throw new ScenarioException([$"--what '{name}': {string.Join(", ", Texts)} are possible"]);
            }

            var document = options.Read(result, streams);
            var run = RunCommand.Of(document, timeLimit.Read(result), streams);
            var last = run.Recording.RawCount - 1;
            if (last < 0)
            {
                throw new ScenarioException(["nothing happens in this run: there is no step to print"]);
            }

            var at = result.GetValue(step) ?? Math.Clamp(document.View.Step ?? last, 0, last);
            if (at < 0 || at > last)
            {
                throw new ScenarioException([string.Create(CultureInfo.InvariantCulture, $"--step {at}: the run has the events 0 to {last}")]);
            }

            if (result.GetValue(compare) is { } file)
            {
                return Compare(PasteComparison.Of(run, at, System.Text.Encoding.UTF8.GetString(ImportCommand.Open(file, streams.Input).Bytes.Span)), streams);
            }

            streams.Write(Text(run, at, name));
            return 0;
        });
        return command;
    }

    private static string Text(Run run, long step, string what) => what switch
    {
        "interrupts" => new ProcFiles(run, step).Interrupts(),
        "spurious" => string.Concat(run.Machine.Lines.Select(l => $"# /proc/irq/{l.Gsi}/spurious\n{new ProcFiles(run, step).Spurious(l.Index)}")),
        "lspci" => LspciText.Of(run.At(step).After),
        _ => string.Concat(Dmesg.Of(run).Where(l => l.Raw <= step).Select(l => l + "\n")),
    };

    private static int Compare(PasteComparison comparison, Streams streams)
    {
        var other = comparison.Facts.Where(f => !f.IsSame).ToList();
        foreach (var f in other)
        {
            streams.Write(string.Create(CultureInfo.InvariantCulture, $"{f.Subject}  {f.What}: here {f.Model}, in the file {f.Real}{(f.Line > 0 ? $" (line {f.Line})" : "")}\n"));
        }

        streams.Write(string.Create(CultureInfo.InvariantCulture, $"{comparison.Facts.Count} facts compared, {other.Count} differ; {comparison.OnlyReal.Count} functions only in the file, {comparison.OnlyModel.Count} only here\n"));
        return other.Count > 0 ? 1 : 0;
    }
}
