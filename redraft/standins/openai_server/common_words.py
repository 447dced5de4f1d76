"""Words that carry no topic of their own in a question about software: that no passage holds them means nothing."""

import re

from redraft.standins.openai_server.language import stem

_ENGLISH = """
ability able above access according action actual actually add added adding additional after all allow allows
already always another answer app application apply approach around ask automatic automatically available avoid back
bad based basic become before behave behavior behaviour believe below best better between big bring build built
built-in call called case cause certain change check choose clear come common complete completely component
configure consider contain control correct correctly couple create current currently custom deal decide default
define describe detail difference different directly disable done easily easy effect enable end enough ensure entire
especially exactly example exist existing expect explain explicitly extra fact far fast feature few field file find
first fix follow following force form found full fully function further general generally get give given go goes
good great guide handle happen happens hard help hold idea implement important include individual information inside
instance instead integrate item keep kind know large last later least leave left less limit line list little live
local long look lot main make manage manual manually mean means method mind mode more most move multiple name native
natively necessary need needed needs never new next normal now number object offer official old one ones open option
optional order original own page part particular pass people per perform place point possible possibly practice
prefer present prevent problem process product project proper properly provide purpose put question quick quickly
quite rather reach read real really reason recommend recommended reference refer related rely result return right
run running runs safe say second see seem select send separate set setting setup several show side similar simple
simply simultaneously single small software solution someone special specific specify start state step still stop
store sure switch system take tell thing things think through time together tool top try turn two type under
understand unlike until usage use used useful user uses using usual usually value various version via want way well
whether whole within without word work works write wrong yet support supported supports anyone somebody else during
against across along ever short high low max maximum minimum api url http https json yaml html cli ui id serve sent
receive load loaded count test tests testing answers questions
"""
COMMON = frozenset(stem(word) for word in _ENGLISH.split())
"""Stems of English words."""

HAN_COMMON = re.compile(
    "启用|使用|配置|设置|支持|内置|自带|添加|创建|实现|进行|需要|应该|提供|功能|方法|方式|选项|开启|关闭"
    "|打开|运行|启动|停止|编写|"
    "定义|声明|处理|获取|返回|修改|更改|通过|自动|默认|问题|情况|时候|之间|区别|作用|有没有|没有|哪种"
    "|多少|一下|调用|接口|访问|请求|"
    "响应|数据|文件|服务|系统|用户|程序|代码|应用|项目|页面|参数|允许|来自|其他|所有|全部|自己|一次|最多"
    "|至少|发送|接收|测试|"
    "如何|怎么样|怎么|怎样|什么|哪些|哪个|哪里|是否|能否|能不能|可不可以|可以|能够|为什么|请问|我们|我的"
    "|你的|他们|这个|那个|一个|以及|"
    "并且|或者|如果|[的了吗呢吧啊么我你您他它在里和与及或是为把将被对要]"
)
"""What stands between the topics of a Chinese question."""
