using System.Diagnostics;
using System.Text;

namespace PciDash.Cli.Tests;

/// <summary>Runs a command line: in this process through the function that Main calls, or as a program of its own.</summary>
internal static class Cli
{
    public static (int Code, string Out, string Error) RunWith(string input, params string[] args)
    {
        using var stdin = new MemoryStream(Encoding.UTF8.GetBytes(input));
        using var stdout = new MemoryStream();
        using var stderr = new StringWriter();
        var code = CommandLineApp.Run(args, stdin, stdout, stderr);
        return (code, Encoding.UTF8.GetString(stdout.ToArray()), stderr.ToString());
    }

    public static (int Code, string Out, string Error) Run(params string[] args) => RunWith("", args);

    public static (int Code, string Out, string Error) Start(params string[] args)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8 };
        start.ArgumentList.Add(typeof(CommandLineApp).Assembly.Location);
        foreach (var arg in args)
        {
            start.ArgumentList.Add(arg);
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    /// <summary>The output of a command that must succeed and say nothing on standard error.</summary>
    public static string Output(params string[] args)
    {
        var (code, output, error) = Run(args);
        Assert.Equal("", error);
        Assert.Equal(0, code);
        return output;
    }

    /// <summary>The one line on standard error of a command that must fail with exit code 2.</summary>
    public static string Failure(params string[] args)
    {
        var (code, output, error) = Run(args);
        Assert.Equal("", output);
        Assert.Equal(2, code);
        Assert.StartsWith("pcidash: ", error, StringComparison.Ordinal);
        return Assert.Single(error.TrimEnd('\n').Split('\n'))["pcidash: ".Length..];
    }
}
