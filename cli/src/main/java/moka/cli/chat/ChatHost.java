package moka.cli.chat;

import java.util.Map;
import moka.engine.Model;
import moka.engine.sampling.SamplingOptions;

/** What a chat asks of the program around it. */
public interface ChatHost {
    /** Opens a model by the name that the user gave. */
    Model open(String name);

    /** Sampling with one parameter changed, by the name of its flag. @throws RuntimeException whose message says what is wrong */
    SamplingOptions withParameter(SamplingOptions sampling, String name, String value);

    /** Names and descriptions of these parameters. */
    Map<String, String> parameters();

    /** Variables for the chat template, of a JSON object. */
    Map<String, Object> templateVariables(String json);
}
