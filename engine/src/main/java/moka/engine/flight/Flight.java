package moka.engine.flight;

import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;

/**
 * Begins events: the time of an event begins now; null where nobody records. The first event class costs some hundred milliseconds at start, and even
 * a reference to a constructor ten, so none is touched before a recording has been started: until then a call costs about a microsecond.
 */
public final class Flight {
    private Flight() {}

    public static EngineEvent.@Nullable Load load() {
        if (!FlightRecorder.isInitialized()) {
            return null;
        }
        var event = new EngineEvent.Load();
        event.begin();
        return event;
    }

    public static EngineEvent.@Nullable Prefill prefill() {
        if (!FlightRecorder.isInitialized()) {
            return null;
        }
        var event = new EngineEvent.Prefill();
        event.begin();
        return event;
    }

    public static EngineEvent.@Nullable Decode decode() {
        if (!FlightRecorder.isInitialized()) {
            return null;
        }
        var event = new EngineEvent.Decode();
        event.begin();
        return event;
    }

    public static EngineEvent.@Nullable Sample sample() {
        if (!FlightRecorder.isInitialized()) {
            return null;
        }
        var event = new EngineEvent.Sample();
        event.begin();
        return event;
    }

    public static EngineEvent.@Nullable Grammar grammar() {
        if (!FlightRecorder.isInitialized()) {
            return null;
        }
        var event = new EngineEvent.Grammar();
        event.begin();
        return event;
    }
}
