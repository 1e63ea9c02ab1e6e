package moka.engine.architecture;

import java.util.List;
import java.util.stream.Collectors;
import moka.engine.EngineException;

/** The families that work: one line each. */
public final class Architectures {
    private static final List<Architecture> ALL = List.of(
            new Llama());

    private Architectures() {}

    /** The family of a name. @throws EngineException with the list of those that work */
    public static Architecture of(String file, String name) {
        return ALL.stream()
                .filter(it -> it.names().contains(name))
                .findFirst()
                .orElseThrow(() -> new EngineException(file + ": unknown architecture '" + name + "'; known: "
                        + ALL.stream()
                                .flatMap(it -> it.names().stream())
                                .sorted()
                                .collect(Collectors.joining(", "))));
    }
}
