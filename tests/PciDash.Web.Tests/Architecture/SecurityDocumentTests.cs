using System.Text.RegularExpressions;
using PciDash.Web.Hosting;

namespace PciDash.Web.Tests.Architecture;

/// <summary>SECURITY.md promises a test for each attack: it is there.</summary>
public partial class SecurityDocumentTests
{
    private static readonly string Document = RepositoryFiles.Read("SECURITY.md");

    [Fact]
    public void Every_attack_has_a_test_that_exists()
    {
        var tests = Directory.EnumerateFiles(RepositoryFiles.Find("tests"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)).Select(File.ReadAllText).ToList();
        var rows = Document.Split('\n').Where(l => Row().IsMatch(l)).ToList();
        Assert.True(rows.Count >= 24, $"{rows.Count} attacks");
        Assert.Equal(Enumerable.Range(1, rows.Count), rows.Select(r => int.Parse(r.Split('|')[1])));
        foreach (var row in rows)
        {
            var named = Named().Matches(row.Split('|')[^2]);
            Assert.True(named.Count > 0, row);
            foreach (Match name in named)
            {
                Assert.True(
                    tests.Any(t => Regex.IsMatch(t, $@"class {name.Groups[1].Value}\b") && Regex.IsMatch(t, $@"public (async Task|void) {name.Groups[2].Value}\(")),
                    $"{name.Value} is no test");
            }
        }
    }

    [Fact]
    public void Every_setting_is_explained()
    {
        var settings = Document[Document.IndexOf("## Settings", StringComparison.Ordinal)..];
        Assert.All(ServerSettings.Keys, key => Assert.Contains($"`{key}`", settings, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^\| \d+ \|")]
    private static partial Regex Row();

    [GeneratedRegex("`([A-Za-z]+)\\.([A-Za-z0-9_]+)`")]
    private static partial Regex Named();
}
