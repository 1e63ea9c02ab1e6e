package moka.engine.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** How many threads can compute at once: physical cores within the process's affinity and its cgroup's quota. */
public final class Processors {
    private static final Path CPUS = Path.of("/sys/devices/system/cpu");
    private static final Path STATUS = Path.of("/proc/self/status");

    private Processors() {}

    /** Number of threads to use by default; at least 1. */
    public static int defaultThreads() {
        // The JVM counts logical processors within affinity and quota.
        int logical = Runtime.getRuntime().availableProcessors();
        int physical = physicalCores();
        return Math.max(1, physical > 0 ? Math.min(logical, physical) : logical);
    }

    /** Distinct cores among the processors that the process may run on; 0 where the system does not tell. */
    private static int physicalCores() {
        try {
            Set<String> cores = new HashSet<>();
            for (int cpu : allowed()) {
                Path topology = CPUS.resolve("cpu" + cpu + "/topology");
                cores.add(Files.readString(topology.resolve("physical_package_id")).strip() + ":"
                        + Files.readString(topology.resolve("core_id")).strip());
            }
            return cores.size();
        } catch (IOException | RuntimeException e) {
            return 0;
        }
    }

    private static Set<Integer> allowed() throws IOException {
        for (String line : Files.readAllLines(STATUS)) {
            if (line.startsWith("Cpus_allowed_list:")) {
                return parseList(line.substring(line.indexOf(':') + 1).strip());
            }
        }
        return Set.of();
    }

    /** Parses a list such as {@code 0-3,8,10-11}. */
    static Set<Integer> parseList(String list) {
        Set<Integer> result = new HashSet<>();
        for (String range : list.split(",")) {
            String[] ends = range.strip().split("-");
            int first = Integer.parseInt(ends[0]);
            int last = Integer.parseInt(ends[ends.length - 1]);
            for (int i = first; i <= last; i++) {
                result.add(i);
            }
        }
        return result;
    }
}
