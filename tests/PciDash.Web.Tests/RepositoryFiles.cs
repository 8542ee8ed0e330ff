namespace PciDash.Web.Tests;

internal static class RepositoryFiles
{
    public static string Read(params string[] path) => File.ReadAllText(Find(path));

    public static string Find(params string[] path)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "PciDash.sln")))
                return Path.Combine([at.FullName, .. path]);
        }
        throw new DirectoryNotFoundException($"PciDash.sln is in no folder above {AppContext.BaseDirectory}");
    }
}
