namespace PciDash.Scenarios.Tests.Import;

/// <summary>
/// A machine made up for these tests, in every form of lspci: a root port with two MSI messages, a bridge behind it with a network card
/// on its pin, a network card in MSI-X mode, a USB controller on its pin, and a disk controller with one of 16 MSI messages.
/// </summary>
internal static class Board
{
    /// <summary>The forms that show registers.</summary>
    public static readonly string[] Details = ["board-vvv", "board-v"];

    public static string Text(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "import", name + ".txt"));
}
