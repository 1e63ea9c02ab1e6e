package moka.engine.flight;

import java.util.function.Supplier;
import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;

/**
 * Begins events. The first event class costs some hundred milliseconds at start, so none is touched before a recording has been started:
 * until then there are no events, which costs about a microsecond each.
 */
public final class Flight {
    private Flight() {}

    /** A new event whose time begins now, or null where nobody records. */
    public static <E extends EngineEvent> @Nullable E begin(Supplier<E> kind) {
        if (!FlightRecorder.isInitialized()) {
            return null;
        }
        E event = kind.get();
        event.begin();
        return event;
    }
}
