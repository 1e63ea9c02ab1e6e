package moka.cli.chat;

import java.util.Map;
import moka.engine.Model;
import moka.engine.grammar.Grammar;
import moka.engine.sampling.SamplingOptions;
import moka.template.ChatTemplate;

/** What a chat asks of the program around it. */
public interface ChatHost {
    /** Opens a model by the name that the user gave. */
    Model open(String name);

    /** Sampling with one parameter changed, by the name of its flag. @throws RuntimeException whose message says what is wrong */
    SamplingOptions withParameter(SamplingOptions sampling, String name, String value);

    /** Names and descriptions of these parameters. */
    Map<String, String> parameters();

    /** A grammar. @param kind {@code grammar} or {@code json-schema} @param value a file or a text */
    Grammar grammar(String kind, String value);

    /** A chat template in place of the model's: built in, a variant of it, a file, or a text. */
    ChatTemplate chatTemplate(String value, Model model);

    /** Variables for the chat template, of a JSON object. */
    Map<String, Object> templateVariables(String json);
}
