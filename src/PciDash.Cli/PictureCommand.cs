using System.CommandLine;
using PciDash.Engine.Machine;
using PciDash.Scenarios.Reports;
using PciDash.Scenarios.Pictures;

namespace PciDash.Cli;

/// <summary><c>pcidash picture</c>: the timeline as a picture, the one that a server shows for a link.</summary>
internal static class PictureCommand
{
    public static Command Create(Streams streams)
    {
        var options = new ScenarioOptions();
        var format = new Option<string>("--format") { Description = "svg, or png (needs a font such as DejaVu Sans)", DefaultValueFactory = _ => "svg" };
        var timeLimit = new TimeLimitOption();
        var command = new Command("picture", "Draw the timeline of a run, 1200 by 630 pixels.");
        options.AddTo(command);
        command.Add(format);
        timeLimit.AddTo(command);
        command.SetAction(result =>
        {
            var asked = result.GetRequiredValue(format);
            if (asked is not ("svg" or "png"))
            {
                throw new ScenarioException([$"--format '{asked}': svg, png are possible"]);
            }

            if (asked == "png" && !PngPicture.IsPossible)
            {
                throw new ScenarioException(["--format png: there is no font here (fonts-dejavu-core has one); svg is possible"]);
            }

            var document = options.Read(result, streams);
            var run = RunCommand.Of(document, timeLimit.Read(result), streams);
            var title = RunTitle.Of(document);
            streams.Output.Write(asked == "png" ? TimelinePicture.Png(title, run) : TimelinePicture.Svg(title, run));
            return 0;
        });
        return command;
    }
}
