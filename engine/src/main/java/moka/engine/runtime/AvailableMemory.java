package moka.engine.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** How much memory this process could still use: what the system has free or can reclaim, within the cgroup's limit. */
public final class AvailableMemory {
    private AvailableMemory() {}

    /** Bytes, or empty where the system does not tell. */
    public static OptionalLong bytes() {
        OptionalLong system = system();
        OptionalLong group = cgroup(Path.of("/proc/self/cgroup"), Path.of("/sys/fs/cgroup"));
        if (system.isEmpty() || group.isEmpty()) {
            return system.isEmpty() ? group : system;
        }
        return OptionalLong.of(Math.min(system.getAsLong(), group.getAsLong()));
    }

    private static OptionalLong system() {
        try {
            OptionalLong kilobytes = number(Files.readString(Path.of("/proc/meminfo")), "MemAvailable:");
            return kilobytes.isEmpty() ? kilobytes : OptionalLong.of(1024L * kilobytes.getAsLong());
        } catch (IOException | RuntimeException e) {
            return OptionalLong.empty();
        }
    }

    /** The number behind a name at the beginning of a line; empty where there is no such line. */
    private static OptionalLong number(String lines, String name) {
        int at = lines.startsWith(name) ? 0 : lines.indexOf("\n" + name) + 1;
        if (!lines.startsWith(name, at)) {
            return OptionalLong.empty();
        }
        int begin = at + name.length();
        while (lines.charAt(begin) == ' ') {
            begin++;
        }
        int end = begin;
        while (end < lines.length() && Character.isDigit(lines.charAt(end))) {
            end++;
        }
        return OptionalLong.of(Long.parseLong(lines, begin, end, 10));
    }

    /**
     * The tightest limit from the process's group up to the root, less what is used and cannot be reclaimed.
     *
     * @param membership the file that tells of which groups the process is, in version 1 or 2 or both
     */
    static OptionalLong cgroup(Path membership, Path root) {
        try {
            long best = Long.MAX_VALUE;
            for (String line : Files.readAllLines(membership)) {
                String[] parts = line.split(":", 3);
                boolean unified = parts[1].isEmpty();
                if (!unified && !parts[1].contains("memory")) {
                    continue;
                }
                Path top = unified ? root : root.resolve("memory");
                Path group = top.resolve(parts[2].substring(1));
                while (group.startsWith(top)) {
                    best = Math.min(best, left(group, unified));
                    group = group.getParent();
                }
            }
            return best == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(best);
        } catch (IOException | RuntimeException e) {
            return OptionalLong.empty();
        }
    }

    private static long left(Path group, boolean unified) {
        try {
            String limit = Files.readString(group.resolve(unified ? "memory.max" : "memory.limit_in_bytes")).strip();
            if (limit.equals("max") || Long.parseLong(limit) >= Long.MAX_VALUE / 2) {
                return Long.MAX_VALUE;
            }
            long used = Long.parseLong(
                    Files.readString(group.resolve(unified ? "memory.current" : "memory.usage_in_bytes"))
                            .strip());
            return Math.max(0, Long.parseLong(limit) - used + reclaimable(group, unified));
        } catch (IOException | RuntimeException e) {
            return Long.MAX_VALUE;
        }
    }

    /**
     * The page cache counts as used but gives way, also the pages that were used more than once: a model's, after it has run in this group.
     */
    private static long reclaimable(Path group, boolean unified) throws IOException {
        String prefix = unified ? "" : "total_";
        String statistics = Files.readString(group.resolve("memory.stat"));
        return number(statistics, prefix + "inactive_file ").orElse(0) + number(statistics, prefix + "active_file ").orElse(0);
    }
}
