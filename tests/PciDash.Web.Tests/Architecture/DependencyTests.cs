using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace PciDash.Web.Tests.Architecture;

/// <summary>Web and Cli know Scenarios, Scenarios knows Engine, and Engine knows nobody: it is the model, and must be readable alone.</summary>
public partial class DependencyTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["PciDash.Engine"] = [],
        ["PciDash.Scenarios"] = ["PciDash.Engine"],
        ["PciDash.Cli"] = ["PciDash.Scenarios", "PciDash.Engine"],
        ["PciDash.Web"] = ["PciDash.Scenarios", "PciDash.Engine"],
    };

    public static TheoryData<string> Projects => [.. Allowed.Keys];

    [Fact]
    public void Every_project_of_the_product_has_its_place() =>
        Assert.Equal(Allowed.Keys.Order(), Directory.GetDirectories(RepositoryFiles.Find("src")).Select(Path.GetFileName).Order());

    [Theory, MemberData(nameof(Projects))]
    public void Project_refers_only_to_what_is_below_it(string project)
    {
        var references = Elements(project, "ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Replace('\\', '/')));
        Assert.Empty(references.Except(Allowed[project]));
    }

    // Documents, exports and reports are the base library's work too; only a picture as PNG takes a library that draws.
    [Theory]
    [InlineData("PciDash.Engine")]
    [InlineData("PciDash.Scenarios", "SkiaSharp", "SkiaSharp.NativeAssets.Linux.NoDependencies")]
    public void Model_and_documents_need_no_package_but_for_pictures(string project, params string[] packages)
    {
        Assert.Equal(packages, Elements(project, "PackageReference"));
        Assert.Empty(Elements(project, "FrameworkReference"));
    }

    [Fact]
    public void No_project_compiles_the_files_of_another() =>
        Assert.All(Allowed.Keys, project => Assert.DoesNotContain(Elements(project, "Compile"), file => file.Contains("..", StringComparison.Ordinal)));

    [Fact]
    public void Assemblies_refer_only_to_what_is_below_them()
    {
        // The command line is not here: its project file is checked above.
        foreach (var assembly in new[] { typeof(Engine.Machine.Scenario).Assembly, typeof(Scenarios.ShareLink).Assembly, typeof(Web.Hosting.ServerSettings).Assembly })
        {
            var ours = assembly.GetReferencedAssemblies().Select(a => a.Name!).Where(n => n.StartsWith("PciDash", StringComparison.Ordinal));
            Assert.Empty(ours.Except(Allowed[assembly.GetName().Name!]));
        }
    }

    [Fact]
    public void Engine_refers_to_the_base_library_only() =>
        Assert.All(typeof(Engine.Machine.Scenario).Assembly.GetReferencedAssemblies(), IsBaseLibrary);

    // What the same scenario and seed come to must not depend on the clock, on chance or on where it runs.
    [Fact]
    public void Engine_asks_no_clock_and_throws_no_dice()
    {
        var engine = RepositoryFiles.Find("src", "PciDash.Engine");
        var found = new List<string>();
        foreach (var file in Directory.EnumerateFiles(engine, "*.cs", SearchOption.AllDirectories))
        {
            var path = Path.GetRelativePath(engine, file);
            if (path.StartsWith("obj", StringComparison.Ordinal) || path.StartsWith("bin", StringComparison.Ordinal))
            {
                continue;
            }

            // A search may be given a budget of time: what it finds within it is still the same.
            var mayLook = path.StartsWith("Exploration", StringComparison.Ordinal);
            found.AddRange(File.ReadLines(file)
                .Select((line, i) => (Text: Comment().Replace(line, ""), Number: i + 1))
                .Where(l => Outside().IsMatch(l.Text) || (!mayLook && l.Text.Contains("TimeProvider", StringComparison.Ordinal)))
                .Select(l => $"{path}:{l.Number}: {l.Text.Trim()}"));
        }

        Assert.Empty(found);
    }

    [Fact]
    public void Top_level_holds_the_product_its_tests_and_what_tools_look_for()
    {
        string[] product = ["src", "tests", "wwwroot", "PciDash.sln", "README.md", "global.json"];
        string[] forTools = ["Directory.Build.props", "Directory.Packages.props", "Dockerfile", "LICENSE", "SECURITY.md", "nuget.config"];
        string[] made = ["artifacts", "TestResults", "BenchmarkDotNet.Artifacts"];
        var there = Directory.EnumerateFileSystemEntries(RepositoryFiles.Find()).Select(p => Path.GetFileName(p)!).Where(n => !n.StartsWith('.'));
        Assert.Empty(there.Except([.. product, .. forTools, .. made]));
    }

    private static void IsBaseLibrary(AssemblyName assembly) =>
        Assert.True(assembly.Name!.StartsWith("System.", StringComparison.Ordinal) || assembly.Name is "mscorlib" or "netstandard", assembly.FullName);

    private static IEnumerable<string> Elements(string project, string name) =>
        XDocument.Parse(RepositoryFiles.Read("src", project, project + ".csproj")).Descendants(name).Select(e => e.Attribute("Include")!.Value);

    [GeneratedRegex(@"//.*$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\b(DateTime(Offset)?\.(Utc)?(Now|Today)|new Random\b|Random\.Shared|RandomNumberGenerator|Guid\.NewGuid|Guid\.CreateVersion7|Stopwatch|Environment\.(TickCount|MachineName|ProcessorCount))")]
    private static partial Regex Outside();
}
