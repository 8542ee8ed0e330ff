using System.Diagnostics;

namespace PciDash.EndToEnd;

/// <summary>Finds a Chromium on this machine, and has one installed where there is none.</summary>
internal static class BrowserLocator
{
    private const string Advice =
        "Install Chromium, Chrome or Edge, or say where one is: PCIDASH_BROWSER=/path/to/chrome dotnet test";

    /// <returns>The path of a browser, or null: Playwright has installed its own.</returns>
    public static async Task<string?> FindOrInstallAsync()
    {
        if (Environment.GetEnvironmentVariable("PCIDASH_BROWSER") is { Length: > 0 } told)
            return File.Exists(told) ? told : throw new FileNotFoundException($"PCIDASH_BROWSER names no file: {told}. {Advice}");

        if (Find() is { } found)
            return found;

        var why = await InstallFromDistributionAsync();
        if (Find() is { } installed)
            return installed;
        if (Microsoft.Playwright.Program.Main(["install", "chromium"]) == 0)
            return null;
        throw new InvalidOperationException($"No browser was found and none could be installed ({why}; Playwright's own download failed). {Advice}");
    }

    private static string? Find() => Candidates().FirstOrDefault(File.Exists);

    private static IEnumerable<string> Candidates()
    {
        string[] names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge"];
        var extension = OperatingSystem.IsWindows() ? ".exe" : "";
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        foreach (var name in names)
        {
            foreach (var folder in path)
                yield return Path.Combine(folder, name + extension);
        }

        if (OperatingSystem.IsMacOS())
        {
            foreach (var app in new[] { "Google Chrome", "Chromium", "Microsoft Edge" })
                yield return $"/Applications/{app}.app/Contents/MacOS/{app}";
        }
        if (OperatingSystem.IsWindows())
        {
            foreach (var root in new[] { "ProgramFiles", "ProgramFiles(x86)", "LocalAppData" }.Select(Environment.GetEnvironmentVariable).OfType<string>())
            {
                yield return Path.Combine(root, @"Google\Chrome\Application\chrome.exe");
                yield return Path.Combine(root, @"Microsoft\Edge\Application\msedge.exe");
            }
        }
    }

    private static async Task<string> InstallFromDistributionAsync()
    {
        if (!OperatingSystem.IsLinux() || !File.Exists("/usr/bin/apt-get"))
            return "no apt-get here";
        if (!Environment.IsPrivilegedProcess)
            return "apt-get needs root";

        // Chromium only recommends a font, and draws no text without one.
        const string install = "apt-get update && apt-get install -y --no-install-recommends chromium fonts-dejavu-core";
        using var apt = Process.Start(new ProcessStartInfo("sh", ["-c", install])
        {
            Environment = { ["DEBIAN_FRONTEND"] = "noninteractive" },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = Task.WhenAll(apt.StandardOutput.ReadToEndAsync(), apt.StandardError.ReadToEndAsync());
        await apt.WaitForExitAsync();
        return $"apt-get ended with {apt.ExitCode}: {(await output)[1].Trim()}";
    }
}
