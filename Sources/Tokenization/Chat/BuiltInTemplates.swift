// The chat templates that can be chosen by name; see Specs/Tokenizers.md, "Chat templates".

enum BuiltInTemplates {
  /// What ends a turn where a template's own text does not tell.
  static let turnEndings = [
    "<|im_end|>", "<|eot_id|>", "<|end|>", "<end_of_turn>", "</s>", "<|endoftext|>",
  ]

  /// Sorted by name.
  static let all: [(name: String, source: String)] = [
    ("alpaca", alpaca),
    ("chatml", chatml),
    ("gemma", gemma),
    ("llama-2", llama2),
    ("llama-3", llama3),
    ("mistral", mistral),
    ("phi-3", phi3),
    ("qwen2", qwen2),
    ("smollm", smollm),
    ("vicuna", vicuna),
    ("zephyr", zephyr),
  ]

  private static let alpaca: String = #"""
    {% for message in messages %}{% if message['role'] == 'system' %}\#
    {{ message['content'] + '\n\n' }}{% elif message['role'] == 'user' %}\#
    {% if loop.first %}\#
    {{ 'Below is an instruction that describes a task. Write a response that appropriately \#
    completes the request.\n\n' }}\#
    {% endif %}{{ '### Instruction:\n' + message['content'] + '\n\n' }}\#
    {% elif message['role'] == 'assistant' %}\#
    {{ '### Response:\n' + message['content'] + eos_token + '\n\n' }}{% endif %}\#
    {% endfor %}{% if add_generation_prompt %}{{ '### Response:\n' }}{% endif %}
    """#

  private static let chatml: String = #"""
    {% for message in messages %}\#
    {{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}\#
    {% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
    """#

  private static let gemma: String = #"""
    {{ bos_token }}{% if messages[0]['role'] == 'system' %}\#
    {{ raise_exception('System role not supported') }}{% endif %}\#
    {% for message in messages %}\#
    {% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}\#
    {{ raise_exception('Conversation roles must alternate \#
    user/assistant/user/assistant/...') }}\#
    {% endif %}{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}\#
    {% set role = message['role'] %}{% endif %}\#
    {{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}\#
    {% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}
    """#

  private static let llama2: String = #"""
    {% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}\#
    {% set system_message = messages[0]['content'] %}{% else %}\#
    {% set loop_messages = messages %}{% set system_message = false %}{% endif %}\#
    {% for message in loop_messages %}\#
    {% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}\#
    {{ raise_exception('Conversation roles must alternate \#
    user/assistant/user/assistant/...') }}\#
    {% endif %}{% if loop.index0 == 0 and system_message != false %}\#
    {% set content = '<<SYS>>\n' + system_message + '\n<</SYS>>\n\n' + message['content'] %}\#
    {% else %}{% set content = message['content'] %}{% endif %}\#
    {% if message['role'] == 'user' %}\#
    {{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}\#
    {% elif message['role'] == 'assistant' %}\#
    {{ ' '  + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}
    """#

  private static let llama3: String = #"""
    {% set loop_messages = messages %}{% for message in loop_messages %}\#
    {% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ \#
    message['content'] | trim + '<|eot_id|>' %}\#
    {% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}\#
    {{ content }}{% endfor %}{% if add_generation_prompt %}\#
    {{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}
    """#

  private static let mistral: String = #"""
    {{ bos_token }}{% for message in messages %}\#
    {% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}\#
    {{ raise_exception('Conversation roles must alternate \#
    user/assistant/user/assistant/...') }}\#
    {% endif %}{% if message['role'] == 'user' %}\#
    {{ '[INST] ' + message['content'] + ' [/INST]' }}\#
    {% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token}}{% else %}\#
    {{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}\#
    {% endfor %}
    """#

  private static let phi3: String = #"""
    {% for message in messages %}\#
    {{'<|' + message['role'] + '|>\n' + message['content'] + '<|end|>\n' }}{% endfor %}\#
    {% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}
    """#

  private static let qwen2: String = #"""
    {% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}\#
    {{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}{% endif %}\#
    {{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}\#
    {% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
    """#

  private static let smollm: String = #"""
    {% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}\#
    {{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging \#
    Face<|im_end|>\n' }}\#
    {% endif %}\#
    {{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}\#
    {% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
    """#

  private static let vicuna: String = #"""
    {% if messages[0]['role'] == 'system' %}{{ messages[0]['content'] + ' ' }}\#
    {% set loop_messages = messages[1:] %}{% else %}\#
    {{ 'A chat between a curious user and an artificial intelligence assistant. The \#
    assistant gives helpful, detailed, and polite answers to the user\'s questions. ' }}\#
    {% set loop_messages = messages %}{% endif %}{% for message in loop_messages %}\#
    {% if message['role'] == 'user' %}{{ 'USER: ' + message['content'] + ' ' }}\#
    {% elif message['role'] == 'assistant' %}\#
    {{ 'ASSISTANT: ' + message['content'] + eos_token }}{% endif %}{% endfor %}\#
    {% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}
    """#

  private static let zephyr: String = #"""
    {% for message in messages %}
    {% if message['role'] == 'user' %}
    {{ '<|user|>\n' + message['content'] + eos_token }}
    {% elif message['role'] == 'system' %}
    {{ '<|system|>\n' + message['content'] + eos_token }}
    {% elif message['role'] == 'assistant' %}
    {{ '<|assistant|>\n'  + message['content'] + eos_token }}
    {% endif %}
    {% if loop.last and add_generation_prompt %}
    {{ '<|assistant|>' }}
    {% endif %}
    {% endfor %}
    """#
}
