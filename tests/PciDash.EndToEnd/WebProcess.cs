using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace PciDash.EndToEnd;

/// <summary>The web app as a process of its own on a free port, as its users run it.</summary>
public sealed partial class WebProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _log = new();
    private readonly TaskCompletionSource<Uri> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private TaskCompletionSource<string>? _told;
    private bool _disposed;

    private WebProcess(string assembly, int port, IReadOnlyDictionary<string, string>? settings)
    {
        _process = new Process
        {
            StartInfo = new("dotnet", [assembly, "--urls", $"http://127.0.0.1:{port}"])
            {
                WorkingDirectory = Path.GetDirectoryName(assembly),
                RedirectStandardInput = true, // Ours may be closed, and must not be shared.
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["ASPNETCORE_ENVIRONMENT"] = "Production" },
            },
            EnableRaisingEvents = true,
        };
        // Short ids of one test are none of another's.
        _process.StartInfo.Environment["PciDash__ShareFile"] = "";
        // Many are started, most of them for small runs.
        _process.StartInfo.Environment["PciDash__WarmUps"] = "0";
        foreach (var (key, value) in settings ?? new Dictionary<string, string>())
            _process.StartInfo.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        _process.OutputDataReceived += (_, e) => Read(e.Data);
        _process.ErrorDataReceived += (_, e) => Read(e.Data);
        _process.Exited += (_, _) => _listening.TrySetException(new InvalidOperationException($"The web app ended early:\n{Log}"));
    }

    public Uri Address => _listening.Task.Result;

    /// <summary>Number of the process.</summary>
    public int Id => _process.Id;

    /// <summary>CPU time that it has used so far.</summary>
    public TimeSpan CpuTime => _process.TotalProcessorTime;

    /// <summary>All that it has printed so far.</summary>
    public string Log => string.Join('\n', _log);

    /// <param name="assembly">PciDash.Web.dll, built or published.</param>
    /// <param name="port">A free one unless told.</param>
    /// <param name="settings">Configuration, such as PciDash:RunsAtOnce.</param>
    public static async Task<WebProcess> StartAsync(string assembly, int port = 0, IReadOnlyDictionary<string, string>? settings = null)
    {
        if (!File.Exists(assembly))
            throw new FileNotFoundException($"The web app is not built: {assembly}");
        var web = new WebProcess(assembly, port, settings);
        web._process.Start();
        web._process.BeginOutputReadLine();
        web._process.BeginErrorReadLine();
        try
        {
            await web._listening.Task.WaitAsync(StartLimit);
            return web;
        }
        catch
        {
            await web.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asks it to stop, as a service manager does, and waits for its end.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync(TimeSpan limit)
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        using var cancel = new CancellationTokenSource(limit);
        await _process.WaitForExitAsync(cancel.Token);
        return _process.ExitCode;
    }

    /// <summary>What its managed heap holds after it has collected its garbage, and how many pages are connected. It must have been started with <see cref="Measured"/>.</summary>
    public async Task<(long Bytes, int Circuits)> MemoryAsync()
    {
        var told = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _told = told;
        await _process.StandardInput.WriteLineAsync();
        await _process.StandardInput.FlushAsync();
        var words = (await told.Task.WaitAsync(StartLimit)).Split(' ');
        return (long.Parse(words[0], System.Globalization.CultureInfo.InvariantCulture), int.Parse(words[1], System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>The setting that lets a server tell its memory.</summary>
    public static KeyValuePair<string, string> Measured => new("DOTNET_STARTUP_HOOKS", typeof(WebProcess).Assembly.Location);

    /// <summary>Ends it at once, in whatever it does: SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        // A test may end it early, and is to leave none behind when it fails.
        if (_disposed)
            return;
        _disposed = true;
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
    }

    private void Read(string? line)
    {
        if (line is null)
            return;
        _log.Enqueue(line);
        if (line.StartsWith(StartupHook.Told, StringComparison.Ordinal))
            _told?.TrySetResult(line[StartupHook.Told.Length..]);
        if (NowListening().Match(line) is { Success: true } match)
            _listening.TrySetResult(new Uri(match.Groups[1].Value));
    }

    [GeneratedRegex(@"Now listening on: (http://\S+)")]
    private static partial Regex NowListening();
}
