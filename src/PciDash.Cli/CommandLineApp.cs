using System.CommandLine;
using System.Text;
using PciDash.Engine.Machine;

namespace PciDash.Cli;

/// <summary>Where a command reads and writes.</summary>
internal sealed record Streams(Stream Input, Stream Output, TextWriter Error)
{
    /// <summary>Writes text to the output, in UTF-8 and with plain line feeds.</summary>
    public void Write(string text) => Output.Write(Encoding.UTF8.GetBytes(text));
}

/// <summary>The command line: its commands, and the one way in which errors are told.</summary>
internal static class CommandLineApp
{
    /// <summary>Something is wrong with what was asked; 1 is for a verdict that is not "holds".</summary>
    public const int Error = 2;

    public static int Run(IReadOnlyList<string> args, Stream input, Stream output, TextWriter error)
    {
        using var buffered = new BufferedStream(output, 1 << 16);
        var streams = new Streams(input, buffered, error);
        try
        {
            // A name that begins with @ is a name, not a file of further arguments.
            var result = Root(streams).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            if (result.Errors.Count > 0)
            {
                // What was not understood says more than what is missing because of it.
                var what = result.UnmatchedTokens.Count > 0 ? $"'{result.UnmatchedTokens[0]}' is no command, argument or option here." : result.Errors[0].Message;
                return Fail(error, what + " 'pcidash --help' lists what is possible.");
            }

            using var help = new StringWriter();
            var code = result.Invoke(new InvocationConfiguration { Output = help, Error = error, EnableDefaultExceptionHandler = false });
            streams.Write(help.ToString());
            buffered.Flush();
            return code;
        }
        catch (ScenarioException e)
        {
            return Fail(error, e.Message);
        }
        catch (IOException e)
        {
            // A reader that has seen enough (head) is no error, but neither is there anybody left to write to.
            return Fail(error, e.Message);
        }
        catch (UnauthorizedAccessException e)
        {
            return Fail(error, e.Message);
        }
    }

    private static RootCommand Root(Streams streams) =>
        new("See what PCI interrupts do while Linux shuts down.")
        {
            TableCommands.Presets(streams),
            TableCommands.Kernels(streams),
            TableCommands.Drivers(streams),
            TableCommands.Policies(streams),
            RunCommand.Create(streams),
            PrintCommand.Create(streams),
            ReportCommand.Create(streams),
            PictureCommand.Create(streams),
            CheckCommand.Create(streams),
            CompareCommand.Create(streams),
            DebateCommand.Create(streams),
            MatrixCommand.Create(streams),
            SweepCommand.Create(streams),
            ImportCommand.Create(streams),
            AuditCommand.Create(streams),
            KitCommand.Create(streams),
            QemuCommand.Create(streams),
            ConformCommand.Create(streams),
            LinkCommands.Link(streams),
            LinkCommands.Open(streams),
            LinkCommands.Schema(streams),
        };

    private static int Fail(TextWriter error, string what)
    {
        error.WriteLine("pcidash: " + what.ReplaceLineEndings(" "));
        return Error;
    }
}
