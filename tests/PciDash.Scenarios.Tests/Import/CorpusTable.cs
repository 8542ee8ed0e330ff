using System.Text;
using PciDash.Engine.Machine;
using PciDash.Scenarios.Import;
using Xunit.Abstractions;

namespace PciDash.Scenarios.Tests.Import;

/// <summary>Every text of the corpus becomes a machine that compiles, or its notes say why not.</summary>
public class CorpusTable(ITestOutputHelper output)
{
    [Theory]
    [InlineData("lspci/hex")]
    [InlineData("lspci/vvv")]
    [InlineData("lspci/wrapped")]
    [InlineData("lspci/partial")]
    [InlineData("lspci/jc")]
    [InlineData("proc-interrupts")]
    [InlineData("nobody-cared")]
    public void Every_text_is_imported_or_says_why_not(string kind)
    {
        var table = new StringBuilder();
        var (machines, functions, lines, unread) = (0, 0, 0, 0);
        foreach (var file in Corpus.Files(kind))
        {
            var text = File.ReadAllText(file);
            ImportedMachine? read = null;
            var used = CpuTime.Of(() => read = MachineImport.Read(text));
            Assert.True(used < TimeSpan.FromSeconds(1), $"{file}: {used}");
            var machine = read!;
            Assert.NotEqual(machine.Scenario is null, machine.Notes.All(n => n.Severity != NoteSeverity.Error));
            if (machine.Scenario is { } scenario)
            {
                CompiledMachine.Compile(scenario);
                var written = ScenarioDocument.Write(scenario);
                Assert.Equal(written, ScenarioDocument.Write(ScenarioDocument.Parse(written).Scenario));
                machines++;
            }

            var why = machine.Notes.FirstOrDefault(n => n.Severity == NoteSeverity.Error);
            functions += machine.Functions.Count;
            lines += text.AsSpan().Count('\n');
            unread += machine.LinesUnread;
            table.AppendLine($"{Corpus.Name(file),-50} {machine.Functions.Count,4} functions {machine.LinesUnread,4} lines not understood  {why}");
        }

        output.WriteLine(Corpus.IsThere ? $"{kind}: {machines} machines, {functions} functions; {unread} of {lines} lines not understood" : Corpus.Absent);
        output.WriteLine(table.ToString());
    }
}
