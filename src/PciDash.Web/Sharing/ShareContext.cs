using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace PciDash.Web.Sharing;

/// <summary>A run that somebody asked to be kept under a short id. Never changed.</summary>
internal sealed class SharedRun
{
    /// <summary>The hash of its content: <see cref="ShortId"/>.</summary>
    public required string Id { get; init; }

    /// <summary>Its canonical file, packed with Brotli.</summary>
    public required byte[] Content { get; init; }

    /// <summary>When it was last asked for that it be kept, seconds since 1970.</summary>
    public long KeptAt { get; set; }

    /// <summary>Who may delete it.</summary>
    public List<SharedKey> Keys { get; } = [];
}

/// <summary>A key that was shown once to somebody who asked. Who asks for the same content has a key of his own: the content goes with the last.</summary>
internal sealed class SharedKey
{
    public int Id { get; init; }

    public required string RunId { get; init; }

    /// <summary>SHA-256 of the key: a stolen file deletes nothing.</summary>
    public required byte[] Hash { get; init; }
}

/// <summary>The store of short ids.</summary>
internal sealed class ShareContext(DbContextOptions<ShareContext> options) : DbContext(options)
{
    public DbSet<SharedRun> Runs => Set<SharedRun>();

    public DbSet<SharedKey> Keys => Set<SharedKey>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<SharedRun>().HasMany(r => r.Keys).WithOne().HasForeignKey(k => k.RunId).OnDelete(DeleteBehavior.Cascade);
        modelBuilder.Entity<SharedRun>().HasIndex(r => r.KeptAt);
    }
}

/// <summary>The one place that knows which database it is.</summary>
internal static class ShareDatabase
{
    public static void Use(DbContextOptionsBuilder options, string file) =>
        options.UseSqlite(new Microsoft.Data.Sqlite.SqliteConnectionStringBuilder { DataSource = file, DefaultTimeout = 10 }.ToString()).AddInterceptors(Durable.Instance);

    /// <summary>
    /// Makes what is not there yet. A log beside the file (WAL) keeps it readable whenever the process dies, and readers do not wait for writers.
    /// </summary>
    public static void Create(ShareContext store)
    {
        store.Database.EnsureCreated();
        store.Database.ExecuteSqlRaw("PRAGMA journal_mode=WAL");
    }

    // What was acknowledged is on the disk, not in a cache of the system.
    private sealed class Durable : DbConnectionInterceptor
    {
        public static readonly Durable Instance = new();

        public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
        {
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA synchronous=FULL";
            command.ExecuteNonQuery();
        }

        public override async Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA synchronous=FULL";
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
