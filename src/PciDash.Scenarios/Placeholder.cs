namespace PciDash.Scenarios; internal static class Placeholder { }
