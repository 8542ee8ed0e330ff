namespace PciDash.Scenarios.Tests.Import;

/// <summary>Texts that people posted, beside the repository where there are any; they are not part of it.</summary>
internal static class Corpus
{
    private static readonly string? Folder = Find();

    public static bool IsThere => Folder is not null;

    /// <summary>What a test prints where there are none.</summary>
    public const string Absent = "../shared/corpus is not beside this clone: nothing was compared; the tests with fixtures hold without it";

    public static IEnumerable<string> Files(string kind) =>
        Folder is null ? [] : Directory.EnumerateFiles(Path.Combine(Folder, kind), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    public static string Name(string file) => Path.GetRelativePath(Folder!, file);

    private static string? Find()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var folder = Path.Combine(at.FullName, "..", "shared", "corpus");
            if (File.Exists(Path.Combine(at.FullName, "PciDash.sln")))
            {
                return Directory.Exists(folder) ? Path.GetFullPath(folder) : null;
            }
        }

        return null;
    }
}
