using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Scenarios;

namespace PciDash.Cli;

/// <summary>SCENARIO and what changes it before it is read: the same for every command that takes one.</summary>
internal sealed class ScenarioOptions
{
    private readonly Argument<string> scenario = new("SCENARIO") { Description = "preset id, file, share link, or - for standard input" };
    private readonly Option<string?> path = new("--path") { Description = "how the first boot ends: reboot, poweroff, kexec, kdump, none" };

    private readonly Option<string?> kernel = new("--kernel")
    {
        Description = "release of every boot; the policy becomes that release's own unless --policy names one",
    };

    private readonly Option<string?> policy = new("--policy") { Description = "shutdown policy of every boot" };
    private readonly Option<string[]> set = new("--set") { Description = "PATH=VALUE, such as boots[0].cmdline=noirqdebug; may be repeated" };
    private readonly Option<ulong?> seed = new("--seed") { Description = "seed of every draw" };

    public void AddTo(Command command)
    {
        command.Add(scenario);
        command.Add(path);
        command.Add(kernel);
        command.Add(policy);
        command.Add(set);
        command.Add(seed);
    }

    /// <summary>The run that is asked for; what was read over goes to standard error.</summary>
    public RunDocument Read(ParseResult result, Streams streams)
    {
        var text = ScenarioSource.Read(result.GetRequiredValue(scenario), streams.Input);
        var run = RunDocument.Parse(text);
        if (Edited(text, result) is { } edited)
        {
            run = RunDocument.Parse(edited.ToJsonString());
        }

        foreach (var warning in run.Warnings)
        {
            streams.Error.WriteLine("pcidash: warning: " + warning);
        }

        return result.GetValue(seed) is { } given ? run with { Seed = given } : run;
    }

    private JsonNode? Edited(string text, ParseResult result)
    {
        var (toPath, toKernel, toPolicy) = (result.GetValue(path), result.GetValue(kernel), result.GetValue(policy));
        var changes = result.GetValue(set) ?? [];
        if (toPath is null && toKernel is null && toPolicy is null && changes.Length == 0)
        {
            return null;
        }

        var document = JsonNode.Parse(text)!;
        var edited = document["scenario"] ?? document;
        var boots = edited["boots"]!.AsArray();
        foreach (var boot in boots.OfType<JsonObject>())
        {
            if (toKernel is not null)
            {
                boot["kernel"] = toKernel;
                boot.Remove("policy");
            }

            if (toPolicy is not null)
            {
                // Whoever writes p4 means P4.
                boot["policy"] = ShutdownPolicy.Find(toPolicy)?.Id ?? toPolicy;
            }
        }

        if (toPath is not null)
        {
            boots[0]!["path"] = toPath;
        }

        foreach (var change in changes)
        {
            var equals = change.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw new ScenarioException([$"--set {change}: PATH=VALUE is needed, such as boots[0].cmdline=noirqdebug"]);
            }

            DocumentEdit.Set(edited, change[..equals], change[(equals + 1)..]);
        }

        return document;
    }
}

/// <summary>Finds what SCENARIO names.</summary>
internal static class ScenarioSource
{
    public static string Read(string name, Stream input)
    {
        if (name == "-")
        {
            return ReadAll(input, "standard input");
        }

        if (ShareLink.IsLink(name))
        {
            return ShareLink.Decode(name).Write();
        }

        if (ScenarioPresets.Find(name) is { } preset)
        {
            return ScenarioDocument.Write(preset.Scenario);
        }

        if (!File.Exists(name))
        {
            throw new ScenarioException([$"SCENARIO '{name}': no preset and no file of that name; a preset ('pcidash presets' lists them), a file, a share link or - is needed"]);
        }

        using var file = File.OpenRead(name);
        return ReadAll(file, name);
    }

    // One byte more than is allowed is enough to know that it is too long.
    private static string ReadAll(Stream stream, string name)
    {
        var buffer = new byte[ScenarioDocument.MaxBytes + 1];
        var length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        if (length > ScenarioDocument.MaxBytes)
        {
            throw new ScenarioException([$"{name}: more than {ScenarioDocument.MaxBytes} bytes; that is the most that is possible"]);
        }

        return Encoding.UTF8.GetString(buffer, 0, length);
    }
}
