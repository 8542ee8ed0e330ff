using System.Diagnostics;

namespace PciDash.Scenarios.Tests.Kit;

/// <summary>A test that asks QEMU itself; where there is none it is listed as skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class QemuTheoryAttribute : TheoryAttribute
{
    public QemuTheoryAttribute()
    {
        if (Qemu.Path is null)
        {
            Skip = "qemu-system-x86_64 is not installed, so nobody says whether it takes the command line";
        }
    }
}

/// <summary>A test of the kit's scripts by the shell; where there is none it is listed as skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ShellTheoryAttribute : TheoryAttribute
{
    public ShellTheoryAttribute()
    {
        if (!File.Exists("/bin/sh"))
        {
            Skip = "there is no /bin/sh";
        }
    }
}

/// <summary>The QEMU of this machine.</summary>
internal static class Qemu
{
    public static string? Path { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator)
        .Where(d => d.Length > 0).Select(d => System.IO.Path.Combine(d, "qemu-system-x86_64")).FirstOrDefault(File.Exists);

    /// <summary>Runs a program with that input; what it wrote on both outputs.</summary>
    public static (int Code, string Said) Run(string program, string folder, string input, params string[] args)
    {
        var start = new ProcessStartInfo(program, args)
        {
            WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.Result);
    }

    /// <summary>Starts a machine and asks its monitor again and again until it says all that is wanted, for a minute at most. Returns all that was said.</summary>
    public static string Ask(string folder, string question, IReadOnlyList<string> wanted, string arguments)
    {
        var start = new ProcessStartInfo(Path!, arguments) { WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var said = new System.Text.StringBuilder();
        void Hear(object sender, DataReceivedEventArgs e)
        {
            lock (said)
            {
                said.Append(e.Data).Append('\n');
            }
        }

        string Said()
        {
            lock (said)
            {
                return said.ToString();
            }
        }

        process.OutputDataReceived += Hear;
        process.ErrorDataReceived += Hear;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var asked = Stopwatch.StartNew();
        while (!process.HasExited && asked.Elapsed < TimeSpan.FromMinutes(1) && !wanted.All(w => Said().Contains(w, StringComparison.Ordinal)))
        {
            try
            {
                process.StandardInput.WriteLine(question);
                process.StandardInput.Flush();
            }
            catch (IOException)
            {
                // It is gone already; what it said tells why.
                break;
            }

            Thread.Sleep(250);
        }

        if (!process.WaitForExit(0))
        {
            process.Kill();
        }

        process.WaitForExit();
        return Said();
    }
}
