"""Renders chat templates with Jinja2, set up as transformers sets it up, and writes cases.jsonl.

    python3 make.py       (needs jinja2 from PyPI)

templates.json holds the templates that the program knows by name, as their models publish them; the ones
below use what other published templates use.
"""
import json, pathlib
from jinja2.exceptions import TemplateError
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

here = pathlib.Path(__file__).parent
templates = json.loads((here / "templates.json").read_text())

templates["tools"] = """{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- if messages[0]['role'] == 'system' %}
        {{- messages[0]['content'] }}
    {%- else %}
        {{- 'You are Qwen, created by Alibaba Cloud. You are a helpful assistant.' }}
    {%- endif %}
    {{- "\\n\\n# Tools\\n" }}
    {%- for tool in tools %}
        {{- "\\n" }}
        {{- tool | tojson }}
    {%- endfor %}
{%- else %}
    {%- if messages[0]['role'] == 'system' %}
        {{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}
    {%- else %}
        {{- '<|im_start|>system\\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\\n' }}
    {%- endif %}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) or (message.role == "assistant" and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {{- '<|im_start|>' + message.role }}
    {%- elif message.role == "tool" %}
        {%- if (loop.index0 == 0) or (messages[loop.index0 - 1].role != "tool") %}
            {{- '<|im_start|>user' }}
        {%- endif %}
        {{- '\\n<tool_response>\\n' }}
        {{- message.content }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
"""
templates["date"] = """{{- bos_token }}
{%- if not date_string is defined %}
    {%- if strftime_now is defined and false %}
        {%- set date_string = strftime_now("%d %b %Y") %}
    {%- else %}
        {%- set date_string = "26 Jul 2024" %}
    {%- endif %}
{%- endif %}
{#- The system message comes first #}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{{- "Cutting Knowledge Date: December 2023\\n" }}
{{- "Today Date: " + date_string + "\\n\\n" }}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
    {%- elif message.role == "tool" %}
        {{- "<|start_header_id|>ipython<|end_header_id|>\\n\\n" }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
"""
templates["namespace"] = """{%- set ns = namespace(system='', turn=0, last_query=messages|length - 1) -%}
{%- macro show(role, text, mark='*') -%}{{ mark ~ role|upper ~ ': ' ~ text|trim }}{%- endmacro -%}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if message.role == "user" and not ns.turn %}{% set ns.last_query = index %}{% set ns.turn = 1 %}{%- endif %}
{%- endfor %}
{%- for message in messages if message.role != 'system' %}
    {%- if loop.index0 > 0 and loop.previtem.role == message.role %}{{ ' & ' }}{% endif %}
    {%- set content = message.content %}
    {%- if '</think>' in content %}{% set content = content.split('</think>')[-1].lstrip('\\n') %}{% endif %}
    {{- show(message['role'], content) }}{{ show('x', 'y', mark='#') if loop.last else ', ' -}}
    {%- if loop.index0 > ns.last_query %} {{ '!' }}{% endif %}
{%- else %}nobody
{%- endfor %}
{{ ns.last_query }} {{ messages|selectattr('role', 'equalto', 'user')|list|length }} {{ [1, 2.5, 'a']|join('-') }} {{ {'a': 1}['a'] }} {{ 7 // 2 }} {{ -7 % 3 }} {{ 'abc'[1:] }} {{ 'abc'[-1] }} {{ messages[0].content|length > 3 and 'long' or 'short' }}
  {% if messages[0].content is string and messages is iterable and none is none %}
    indented
  {% endif %}
    {%+ if true %}kept{% endif %}
{{ "it's" 'joined' }} {{ messages[0].missing|default('none') }} {{ (messages[0].content|replace('e', 'E')).startswith('H') }} {{ messages[0]|tojson }}
{% for key, value in messages[0].items() %}{{ key }}={{ value }};{% endfor %}
{% for i in range(1, 6) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 5 %}{% break %}{% endif %}{{ i }}{% endfor %}
{% set block %}<{{ bos_token }}>{% endset %}{{ block * 1 if false else block }}
"""
templates["generation"] = """{% for m in messages %}{% if m.role == 'assistant' %}<a>{% generation %}{{ m.content }}</a>{% endgeneration %}{% else %}<q>{{ m.content }}</q>{% endif %}{% endfor %}{% if add_generation_prompt %}<a>{% endif %}"""

conversations = [
    [("user", "Hi there")],
    [("system", "Be brief. "), ("user", "2+2?"), ("assistant", "4"), ("user", " so\n<|im_end|>? ")],
    [("user", "Größe 🙂"), ("assistant", "  naïve </s> \n"), ("user", "a\nb"), ("assistant", "<think>\nhm</think>\n\nend")],
    [("user", "one"), ("user", "two")],
    [("assistant", "I begin"), ("tool", "42"), ("user", "ok")],
    [("system", "only")],
]

environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
def refuse(message): raise TemplateError(message)
environment.globals["raise_exception"] = refuse
environment.filters["tojson"] = lambda x, **k: json.dumps(x, ensure_ascii=False)

with open(here / "cases.jsonl", "w") as out:
    for name, source in templates.items():
        plain = source.replace("{% generation %}", "").replace("{% endgeneration %}", "")
        template = environment.from_string(plain)
        for conversation in conversations:
            messages = [{"role": r, "content": c} for r, c in conversation]
            for prompt in (False, True):
                case = {"name": name, "source": source, "messages": messages, "prompt": prompt}
                try:
                    case["text"] = template.render(messages=messages, tools=None, documents=None, bos_token="<s>",
                                                   eos_token="</s>", add_generation_prompt=prompt)
                except Exception as error:
                    case["error"] = str(error)
                out.write(json.dumps(case, ensure_ascii=False) + "\n")
